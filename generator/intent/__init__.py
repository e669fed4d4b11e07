"""The intent file: what the user wrote, checked and resolved; its overlays and its JSON Schema.

Nothing here knows how the intent becomes policies.
"""
