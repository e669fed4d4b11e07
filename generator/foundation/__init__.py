"""What every room stands on: diagnostics with a place, YAML in and out, digests, where the data folders are.

Nothing here knows Calico, Kubernetes or the command line.
"""
