"""Addresses → entries: fetch, parse, identify, schedule."""
