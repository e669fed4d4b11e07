"""A cluster as it was seen: namespaces, workloads, services, nodes, policies; from a directory or a saved file.

A directory is partial unless it says otherwise (product.md 1). Secrets are never kept.
"""
