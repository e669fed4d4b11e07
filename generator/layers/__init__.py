"""The policy layers: which ones an intent calls for, their templates rendered, parsed again and assembled.

A template is never trusted: what it wrote is read back and validated before anybody sees it.
"""
