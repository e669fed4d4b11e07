"""Waits: how it is known that every node has what was written, and what is done where it cannot be known."""
