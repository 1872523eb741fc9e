"""Slack: events, posting and rendering."""
