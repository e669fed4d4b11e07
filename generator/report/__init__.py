"""Results for people and programs: text, JSON, Markdown; one file per result, nothing decided here."""
