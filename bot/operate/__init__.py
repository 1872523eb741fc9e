"""Ticks, health, metrics, logs, and the event loop."""
