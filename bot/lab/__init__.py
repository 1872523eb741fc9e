"""Offline work: filters, evaluation, learning, past."""
