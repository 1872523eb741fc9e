"""Bytes → entries, in worker processes with limits."""
