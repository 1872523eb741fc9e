"""Removes secrets from text that leaves the program."""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_SHORTEST = 4  # characters; a shorter secret would match parts of ordinary words
_INSTEAD = "***"


class Redactor:
    """Replaces secrets with ``***``, also in their spellings for URLs, JSON and base 64."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {form for secret in secrets if len(secret) >= _SHORTEST for form in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in longest_first)) if longest_first else None

    def __call__(self, text: str) -> str:
        """Return the text with every secret replaced."""
        return self._pattern.sub(_INSTEAD, text) if self._pattern else text


def _spellings(secret: str) -> set[str]:
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    escaped = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]
    return {secret, quote(secret, safe=""), quote_plus(secret), quote(secret), encoded, *escaped}
