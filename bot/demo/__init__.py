"""A newsroom on this machine, to watch the bot at work."""
