"""Expectations judged by the engine: does every flow that one names fare as it says (product.md 5)?

Also what a pod that does not exist yet could reach, and be reached by.
"""
