"""Platform profiles: what a kind of cluster is like (DNS, API server, versions), each fact with its source.

Ours is always `PlatformProfile`; `Profile` alone is Calico's kind.
"""
