"""Carries a plan out, step by step, and takes it back (product.md 6)."""
