"""From manifests and policies to a proposed intent, every line with its evidence, uncertain ones marked."""
