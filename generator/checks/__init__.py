"""The intent against a snapshot: do selectors match, do ports exist, is DNS where the profile says.

What a packet would meet is not asked here; this finds what is misspelt or missing before anything is rendered.
`unneeded.check_unneeded` is the one question that needs no snapshot.
"""
