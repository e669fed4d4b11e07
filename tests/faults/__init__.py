"""Faults that tests plant to show that a check would see them."""
