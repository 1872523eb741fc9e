"""URLs: made safe to show and to fetch, and reduced to one form in which all spellings of a page are equal."""

import re
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

_LONGEST = 4000  # characters; chosen by hand: half of the 8,000 octets that RFC 9110 §4.1 asks servers to support
_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = re.compile(rf"https?://{_LABEL}(?:\.{_LABEL}){{0,30}}/[A-Za-z0-9/:@!$&'()*+,;=~._%?-]*")
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BLANK = " \xa0\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_SAFE = "/:@!$&'()*+,;=~-._%"

_TRACKING = re.compile(
    r"utm_\w*|mc_[ce]id|fbclid|gclid|dclid|msclkid|yclid|igshid|_hs\w*|mkt_tok|ref|ref_src|referrer|cmpid|cmp|ito"
    r"|at_(?:medium|campaign|custom\d?)|ocid|ncid|sh|spm|share_?token|smid|taid|guccounter|rss|ns_\w+|__twitter_\w+|amp",
    re.IGNORECASE,
)
_VARIANT = re.compile(r"^(?:(?:www\d?|m|mobile|amp)\.(?=[^.]+\.))+")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SAFE_IN_SEGMENT = _SAFE.replace("/", "").replace("%", "")
_SAFE_IN_VALUE = _SAFE.replace("&", "").replace("%", "") + "?[]"


def clean_url(raw: str, base: str = "") -> str:
    """Return an absolute http or https URL in ASCII, or '' if ``raw`` is not one; never raises.

    A relative ``raw`` is resolved against ``base``. Line breaks and control characters are dropped and spaces are
    escaped, as browsers do (https://url.spec.whatwg.org). Refused are user names, which only mislead about the host;
    impossible hosts; lone surrogates; and anything longer than 4,000 characters.
    """
    if len(raw) <= _LONGEST and _PLAIN.fullmatch(raw):
        return raw
    text = _CONTROL.sub("\n", raw).strip("\n\t " + _BLANK)
    if not text or len(text) > _LONGEST:
        return ""
    if "\n" in text:  # a wrapped URL: the indentation does not belong to it
        text = "".join(line.strip() for line in text.split("\n"))
    if text[:4].lower() == "www.":
        text = f"https://{text}"
    try:
        if base and not _SCHEME.match(text):
            text = urljoin(base, text)
        cleaned = _assemble(urlsplit(text))
    except ValueError:  # a port that is not a number, an open bracket, an impossible host, a surrogate
        return ""
    return cleaned if len(cleaned) <= _LONGEST else ""


def _assemble(parts: SplitResult) -> str:
    """Build a URL from its parts, '' if they are not acceptable. Raises ValueError if they are not a URL's."""
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or parts.port == 0:
        return ""
    place = _ascii_host(parts.hostname)
    if parts.port is not None and parts.port != _PORTS[scheme]:
        place = f"{place}:{parts.port}"
    path = quote(parts.path, safe=_SAFE) or "/"
    query = quote(parts.query, safe=_SAFE + "?[]")
    return urlunsplit((scheme, place, path, query, quote(parts.fragment, safe=_SAFE + "?")))


def _ascii_host(host: str) -> str:
    if ":" in host:
        if "%" in host:
            raise ValueError("a zone id has a meaning on one machine only")
        return f"[{IPv6Address(host)}]"
    lowered = host.lower().removesuffix(".")
    if not lowered.isascii():
        lowered = lowered.encode("idna").decode("ascii").removesuffix(".")
    if len(lowered) > 253 or not _HOST.fullmatch(lowered):
        raise ValueError("not a host name")
    return lowered


@lru_cache(maxsize=4096)
def canonical_url(url: str) -> str:
    """Return the form of a URL in which two spellings of one page are equal; '' if it is not a URL.

    Scheme, ``www.``, mobile and AMP variants, fragments, tracking parameters, the order of parameters, how characters
    are escaped and a trailing slash make no difference. The result is only for comparison; it may lead nowhere.
    """
    cleaned = clean_url(url)
    if not cleaned:
        return ""
    place, _, rest = cleaned.partition("#")[0].partition("://")[2].partition("/")
    path, _, query = rest.partition("?")
    host = _VARIANT.sub("", place.removesuffix(":443").removesuffix(":80"))
    found = f"https://{host}/{_canonical_path(path)}{_canonical_query(query) if query else ''}"
    return found if len(found) <= _LONGEST else cleaned


def _canonical_path(path: str) -> str:
    segments = [part for part in path.split("/") if part]
    if "%" in path:
        segments = [_escape_alike(part, _SAFE_IN_SEGMENT) for part in segments]
    if "amp" in path.lower() or "%" in path:
        while segments and (shorter := _without_amp(segments)) != segments:
            segments = shorter
    return "/".join(segments)


def _without_amp(segments: list[str]) -> list[str]:
    """The path of the page behind an AMP page, whose path begins or ends with "amp", or has it as its suffix."""
    first, last = segments[0].lower(), segments[-1].lower()
    if last in ("amp", "amp.html"):
        return segments[:-1]
    if last.endswith(".amp") and len(last) > 4:
        return [*segments[:-1], segments[-1][:-4]]
    return segments[1:] if first == "amp" else segments


def _canonical_query(query: str) -> str:
    while "&amp;" in query:  # escaped twice for HTML
        query = query.replace("&amp;", "&")
    pairs = [pair for pair in query.split("&") if pair]
    if "%" in query:
        pairs = [_escape_alike(pair, _SAFE_IN_VALUE) for pair in pairs]
    kept = [pair for pair in pairs if not _TRACKING.fullmatch(pair.partition("=")[0])]
    return "?" + "&".join(sorted(kept)) if kept else ""


def _escape_alike(text: str, safe: str) -> str:
    """Escape only what must be, in capitals (RFC 3986, section 6.2.2); broken escapes are left unchanged."""
    if "%" not in text or _BROKEN_ESCAPE.search(text):
        return text
    return quote(unquote(text, errors="surrogateescape"), safe=safe, errors="surrogateescape")


def host_of(url: str) -> str:
    """Return the host of a URL without ``www.``; '' if it has none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")
