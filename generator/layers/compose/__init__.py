"""One module a layer: from intent and facts to the values that the layer's template prints; no text is made here."""
