"""Object diff: intended against live, normalised, field by field, and whose each object is."""
