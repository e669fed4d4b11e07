"""Ordered steps from the live objects to the rendered set, with waits, a rollback for each step, and a plan file."""
