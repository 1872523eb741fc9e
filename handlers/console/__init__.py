"""The terminal: alerts and a prompt."""
