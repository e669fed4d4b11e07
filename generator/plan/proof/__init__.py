"""Proves a plan: what can be live on a node between two waits, and that no flow is cut or opened meanwhile."""
