"""Outbox → message → platform: compose it, post it, retry it."""
