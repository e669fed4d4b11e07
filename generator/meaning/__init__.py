"""What an intent means, as exact packet sets: who may send what to whom, as far as it has a say (product.md 2, 3).

It is worked out from the intent, the platform and the snapshot alone and shares no code with the layers that render, so
that a rendered set can be held against it (product.md 5, "proven equal").
"""
