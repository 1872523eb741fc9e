"""The platforms: Slack, Discord and the console."""
