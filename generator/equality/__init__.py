"""Is a rendered set what its intent means: the engine's verdicts held against the meaning (product.md 5)."""
