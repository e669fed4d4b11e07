"""Observed flows: what logs of a cluster say was let through, one file per source format, and their aggregation.

A log is evidence of what has lived, never proof that nothing else does: what it cannot show is said beside it.
"""
