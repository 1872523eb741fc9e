"""The list of feeds: feeds.yaml and OPML."""
