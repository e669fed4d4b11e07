"""Planted faults: each function breaks one thing on purpose, and a test shows that a check then goes red."""
