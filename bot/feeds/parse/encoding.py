"""Turn a document of whatever encoding into UTF-8, choosing the encoding as feedparser does (after RFC 3023)."""

from __future__ import annotations

import re
import zlib

from bot.errors import ParseError

_MAX_INFLATED = 32 << 20
_BLANKS = b" \t\r\n"
_UTF8_NAMES = frozenset(("utf-8", "utf8", "us-ascii", "ascii"))
_WESTERN = _UTF8_NAMES | {"iso-8859-1", "latin-1", "latin1", "l1", "windows-1252", "cp1252", "iso-8859-15"}
_CHARSET = r"""(?i:charset\s*=\s*["']?([\w.:-]{1,40}))"""
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_DECLARATION = r"\s*<\?xml[^>]{0,300}\?>\s*"
# The first bytes of "<?", "<r" and so on in encodings that do not extend ASCII (XML 1.0, appendix F).
_WIDE = (
    (rb"\x00\x00\xfe\xff|\x00\x00\x00<", "utf-32-be"),
    (rb"\xff\xfe\x00\x00|<\x00\x00\x00", "utf-32-le"),
    (rb"\xfe\xff|\x00<\x00[^\x00]", "utf-16-be"),
    (rb"\xff\xfe|<\x00[^\x00]\x00", "utf-16-le"),
    (rb"\x4c\x6f\xa7\x94", "cp037"),
)
_WIDE_STARTS = (b"\0", b"\xfe", b"\xff", b"\x4c")
# Names that cannot be true where they can be read, and Python's codecs that are no character encodings.
_IMPOSSIBLE = r"utf[-_]?(?:16|32|7)|u(?:cs)?[-_]?[24]|.*ucs|idna|punycode|.*escape|undefined|oem|mbcs|cp037"


def inflated(body: bytes) -> bytes:
    """Unpack a file that is gzip itself, as sitemaps often are. Raises ParseError where it is too large or damaged."""
    if body[:2] != b"\x1f\x8b":
        return body
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        result = inflater.decompress(body, _MAX_INFLATED)
    except zlib.error as error:
        raise ParseError("the document is a damaged gzip file") from error
    if inflater.unconsumed_tail:
        raise ParseError(f"the document is a gzip file of more than {_MAX_INFLATED >> 20} MB unpacked")
    return result


def as_utf8(body: bytes, content_type: str) -> tuple[bytes, bool]:
    """Return the document in UTF-8 without byte order mark and leading blanks, and True; or as it is, and False.

    The order is that of RFC 3023: the header's charset where the type is XML or text, the XML declaration, the byte
    order mark, UTF-8. A name that does not fit the bytes counts as absent. UTF-8 itself is not checked here.
    """
    if body[:3] == b"\xef\xbb\xbf":
        body = body[3:]
    if body[:1] in _WIDE_STARTS or body[1:2] == b"\0":
        for pattern, name in _WIDE:
            if re.match(pattern, body):
                return _undeclared(body.decode(name, "replace")), True
    body = body.lstrip(_BLANKS)
    found = _DECLARED.match(body)
    declared = found[1].decode("ascii", "replace").lower() if found else ""
    names = [name for name in (_http_charset(content_type), declared) if name]
    if _UTF8_NAMES.issuperset(names):
        return body, True
    if _WESTERN.issuperset(names):
        names.insert(0, "utf-8")  # every byte string is Latin-1, and hardly any but UTF-8 is UTF-8
    for name in (*names, "utf-8"):
        text = _decoded(body, name)
        if text is not None:
            return _undeclared(text), True
    return body, False


def with_good_utf8(body: bytes) -> bytes:
    """Replace a few bad bytes in a text that is UTF-8 otherwise; feedparser would read all of it as Windows-1252."""
    try:
        body.decode()
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
        letters = len(text) - len(text.encode("ascii", "ignore"))
        if text.count("\ufffd") * 4 <= letters:  # in a text that is not UTF-8 nearly all of them are bad
            return text.encode()
    return body


def _http_charset(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    if not kind.startswith("text/") and not kind.endswith(("/xml", "+xml", "/xml-dtd", "/xml-external-parsed-entity")):
        return ""
    found = re.search(_CHARSET, content_type)
    return found[1].lower() if found else ""


def _decoded(body: bytes, name: str) -> str | None:
    """The text, or None where the bytes are not in this encoding; GB 18030 stands for its subset GB 2312."""
    if re.match(_IMPOSSIBLE, name):
        return None
    try:
        return body.decode("gb18030" if name in ("gb2312", "gbk") else name)
    except (UnicodeError, LookupError):
        return None


def _undeclared(text: str) -> bytes:
    """The text in UTF-8, without a declaration that says otherwise."""
    return re.sub(_DECLARATION, "", text.removeprefix("\ufeff"), count=1).encode("utf-8", "replace")
