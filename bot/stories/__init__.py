"""Which story an entry belongs to, and its stance on the claim."""
