"""Bytes → entries. The constants are what both ends of the parser's pipes agree on (see ``worker``)."""

LENGTH_SIZE = 4
"""Bytes of the big-endian length before each frame."""
ROW = 0
"""The document was read; its plain row follows."""
REFUSED = 1
"""The document is no feed; the reason follows as one line."""
TOO_LARGE = 2
"""Memory ran out."""
