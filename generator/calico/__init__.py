"""Calico's and Kubernetes' policy objects: typed values, names, ordering, defaults, versions, and the validator.

What belongs here is true of any object whoever wrote it; nothing here knows the intent or the layers.
"""
