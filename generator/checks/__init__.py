"""The intent against a snapshot: do selectors match, do ports exist, is DNS where the profile says.

What a packet would meet is not asked here; this finds what is misspelt or missing before anything is rendered.
"""

from generator.checks.run import check_against_snapshot

__all__ = ["check_against_snapshot"]
