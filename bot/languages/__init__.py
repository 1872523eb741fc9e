"""Names and words in each language."""
