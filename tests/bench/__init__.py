"""Processor time of polling, against a naive loop: ``make bench`` (``python -m tests.bench --help``)."""
