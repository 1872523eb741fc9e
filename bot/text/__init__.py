"""Functions on text. They need nothing else of the bot."""
