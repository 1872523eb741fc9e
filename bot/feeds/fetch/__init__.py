"""Conditional GET with limits, and no way into private networks."""
