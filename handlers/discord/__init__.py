"""Discord: events, posting and rendering."""
