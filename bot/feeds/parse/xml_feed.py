"""Read a well-formed UTF-8 feed with expat alone, giving the fields that feedparser would.

feedparser is the parser of record: where this reader meets anything whose meaning hangs on feedparser's own rules, it
marks the entry as unsure, and where the document as a whole is not of the plain kind, it raises ``NotPlainError``.
Expat is what feedparser's strict parser reads with too, so that both take the same documents for well-formed.
"""

from __future__ import annotations

import re
from pyexpat import ExpatError, ParserCreate

from bot.feeds.parse.dates import date_or_text
from bot.feeds.parse.fields import RawEntry, RawFeed, mend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyexpat import XMLParserType

_ATOM10 = "http://www.w3.org/2005/Atom"
_ATOM03 = "http://purl.org/atom/ns#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS10 = "http://purl.org/rss/1.0/"
_XHTML = "http://www.w3.org/1999/xhtml"
_XML = "http://www.w3.org/XML/1998/namespace"
_RSS090 = "http://my.netscape.com/rdf/simple/0.9/"
_XML_LANG = "http://www.w3.org/XML/1998/namespace lang"
_USERLAND = "backend.userland.com/rss"
# The namespaces whose elements feedparser takes for the format's own, in lower case.
_PLAIN = frozenset(
    (
        *("", _ATOM10.lower(), _ATOM03, _RSS10, _RSS090, "http://" + _USERLAND),
        *("http://purl.org/rss/1.0/modules/rss091#", "http://blogs.law.harvard.edu/tech/rss", "uri/of/echo/namespace#"),
        *("http://example.com/newformat#", "http://example.com/necho", "http://purl.org/echo/", "http://purl.org/pie/"),
    )
)

# What an element inside an entry is to us; the names are feedparser's, in lower case.
_TITLE, _LINK, _GUID, _TEXT, _AUTHOR, _SOURCE = range(6)
_PUBLISHED, _UPDATED, _CREATED, _IMAGE, _OTHER, _UNSURE, _WHOLE = range(6, 13)
_PLAIN_CODES = (
    {"title": _TITLE, "link": _LINK, "guid": _GUID, "id": _GUID, "author": _AUTHOR, "managingeditor": _AUTHOR}
    | {"description": _TEXT, "summary": _TEXT, "abstract": _TEXT, "content": _TEXT, "fullitem": _TEXT, "body": _UNSURE}
    | {"pubdate": _PUBLISHED, "published": _PUBLISHED, "issued": _PUBLISHED, "created": _CREATED, "source": _SOURCE}
    | {"updated": _UPDATED, "modified": _UPDATED, "lastbuilddate": _UPDATED, "image": _IMAGE, "textinput": _UNSURE}
    | {"rss": _WHOLE, "channel": _WHOLE, "feed": _WHOLE, "item": _WHOLE, "entry": _WHOLE}
)
_DC_CODES = {"title": _TITLE, "creator": _AUTHOR, "author": _AUTHOR, "description": _TEXT, "date": _UPDATED}
_TERMS_CODES = {"created": _CREATED, "issued": _PUBLISHED, "modified": _UPDATED}
# By namespace in lower case: feedparser's prefix for it, and what its elements are to us.
_MODULES: dict[str, tuple[str, dict[str, int]]] = {
    "http://purl.org/dc/elements/1.1/": ("dc", _DC_CODES),
    "http://purl.org/dc/terms/": ("dcterms", _TERMS_CODES),
    "http://purl.org/rss/1.0/modules/content/": ("content", {"encoded": _TEXT}),
    "http://search.yahoo.com/mrss/": ("media", {"description": _TEXT}),
    "http://search.yahoo.com/mrss": ("media", {"description": _TEXT}),
    "http://www.itunes.com/dtds/podcast-1.0.dtd": ("itunes", {"author": _AUTHOR, "summary": _TEXT}),
    "http://example.com/dtds/podcast-1.0.dtd": ("itunes", {"author": _AUTHOR, "summary": _TEXT}),
    "http://www.w3.org/1999/xhtml": ("xhtml", {"body": _UNSURE}),
    "http://purl.org/rss/1.0/modules/syndication/": ("sy", {}),
}
_MODULE_PREFIXES = frozenset(prefix for prefix, _ in _MODULES.values())
# Elements of the format that mean nothing to us in whatever element of an entry they stand.
_HARMLESS = frozenset(("name", "email", "uri", "url", "href", "width", "height", "homepage", "category", "keywords"))
_IMAGE_PARTS = _HARMLESS | {"title", "link"}
_DATES = {_PUBLISHED: "published", _UPDATED: "updated", _CREATED: "created"}
_MARKUP_TYPES = frozenset(("", "text", "plain", "html", "text/plain", "text/html"))
_XHTML_TYPES = frozenset(("xhtml", "application/xhtml+xml"))
_LINK_TYPES = _XHTML_TYPES | {"", "html", "text/html"}
_RSS_VERSIONS = frozenset(("0.91", "0.92", "0.93", "0.94"))
_MARKED_UP = frozenset((_TITLE, _TEXT))
_NOT_OWN = frozenset((_IMAGE, _UNSURE))
_PEOPLE = frozenset((_AUTHOR, _SOURCE))
_ENTRY_NAMES = frozenset(("item", "entry"))
_HOLDERS = frozenset(("channel", "rss", "rdf", "feed"))
_META = frozenset(("title", "link", "language", "ttl"))
_DC_META = frozenset(("title", "language"))
_SKIPS = frozenset(("skiphours", "skipdays"))
_PERIODS = {"updateperiod": "update_period", "updatefrequency": "update_frequency"}
# feedparser's repair of addresses whose "&" something took for the start of a character reference.
_ESCAPED_NAME = re.compile(r"&(\w+);", re.ASCII)


class NotPlainError(Exception):
    """The document is not of the kind that this reader answers for; feedparser is to read it."""


def read_plain(body: bytes) -> RawFeed:
    """Read a UTF-8 document. Raises NotPlainError where it is not well-formed, has a DOCTYPE, or is no common feed."""
    return _Reader().read(body)


def _split_name(name: str) -> tuple[str, str]:
    """Namespace and local name, both in lower case as feedparser compares them."""
    namespace, _, local = name.lower().rpartition(" ")
    return ("" if _USERLAND in namespace else namespace), local


def _code(name: str) -> int:
    """What an element inside an entry is to us."""
    namespace, local = _split_name(name)
    if namespace in _PLAIN:
        return _PLAIN_CODES.get(local, _OTHER)
    module = _MODULES.get(namespace)
    return module[1].get(local, _OTHER) if module else _OTHER


class _Reader:
    """One pass over one document: expat's calls in, a RawFeed out."""

    def __init__(self) -> None:
        self.feed = RawFeed()
        self.entry: RawEntry | None = None
        self.path: list[str] = []  # local names of the open elements outside entries
        self.depth = 0  # of open elements inside the entry, the entry itself being 0
        self.code = _OTHER  # of the open child of the entry
        self.codes: dict[str, int] = {}
        self.pieces: list[str] = []
        self.capture = -1  # depth of the element whose text is being gathered, -1 for none, 0 for the feed's own
        self.xhtml = False
        self.permalink = False
        self.meta = ""
        self.based = False  # whether anything says what relative addresses are relative to
        self.parser = self._parser()

    def _parser(self) -> XMLParserType:
        parser = ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartDoctypeDeclHandler = self._doctype
        return parser

    def read(self, body: bytes) -> RawFeed:
        """Read the one document."""
        self.based = b"base=" in body
        try:
            self.parser.Parse(body, True)
        except ExpatError as error:
            raise NotPlainError(f"not well-formed XML: {error}") from error
        finally:
            del self.parser  # which holds on to us by its handlers: no cycle is left to the garbage collector
        return self.feed

    def _doctype(self, *_: object) -> None:
        raise NotPlainError("has a DOCTYPE")

    def _namespace(self, prefix: str | None, uri: str) -> None:
        """feedparser goes by the prefix where it does not know the namespace, so an unknown one must not look known."""
        namespace = (uri or "").lower()
        if namespace in _MODULES or namespace in _PLAIN or _USERLAND in namespace:
            return
        if prefix is None or prefix.lower() in _MODULE_PREFIXES:
            raise NotPlainError(f"has an unknown namespace {uri[:80]}")

    def _gather(self, depth: int) -> None:
        self.capture = depth
        self.pieces = []
        self.parser.CharacterDataHandler = self.pieces.append

    def _drop(self) -> None:
        self.capture = -1
        self.parser.CharacterDataHandler = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        entry = self.entry
        if entry is None:
            self._start_outside(name, attributes)
            return
        self.depth += 1
        code = self.codes.get(name)
        if code is None:
            code = self.codes[name] = _code(name)
        if self.depth == 1:
            self.code = code
            if code != _OTHER:
                self._start_field(entry, code, attributes)
        elif self.xhtml and self.capture > 0:
            self.pieces.append(f"<{name.rpartition(' ')[2]}>")
        else:
            self._start_nested(entry, name, code)

    def _start_field(self, entry: RawEntry, code: int, attributes: dict[str, str]) -> None:
        """A child of the entry that we read."""
        if code == _LINK:
            if attributes and _took_link(entry, attributes):
                return
        elif code in _MARKED_UP:
            if attributes:
                self.xhtml = _is_xhtml(entry, attributes)
        elif code == _GUID:
            self.permalink = not attributes or attributes.get("isPermaLink", "true") == "true"
        elif code == _WHOLE:
            raise NotPlainError("has an entry inside an entry")
        elif code in _NOT_OWN:
            entry.unsure = entry.unsure or code == _UNSURE
            return
        self._gather(1)
        if self.xhtml:
            self.parser.CharacterDataHandler = self._gather_escaped

    def _gather_escaped(self, text: str) -> None:
        self.pieces.append(text.replace("&", "&amp;").replace("<", "&lt;"))

    def _start_nested(self, entry: RawEntry, name: str, code: int) -> None:
        """An element deeper in the entry: a person's name, a publisher's title, a description in a media group."""
        namespace, local = _split_name(name)
        parent = self.code
        plain = namespace in _PLAIN
        if code == _WHOLE:
            raise NotPlainError("has an entry inside an entry")
        if parent in _PEOPLE:
            self._drop()  # the text of its own is what has other elements in it
            if self.depth == 2 and (local == "name" if parent == _AUTHOR else code == _TITLE):
                self._gather(2)
            elif parent == _AUTHOR and code != _OTHER:
                entry.unsure = True
        elif parent == _OTHER and code == _TEXT and not plain and self.capture < 0:
            self._gather(self.depth)
        elif parent == _IMAGE:
            entry.unsure = entry.unsure or (plain and local not in _IMAGE_PARTS)
        elif code != _OTHER or parent != _OTHER or (plain and local not in _HARMLESS):
            entry.unsure = True

    def _end(self, name: str) -> None:
        entry = self.entry
        if entry is None:
            self._end_outside()
            return
        if self.capture == self.depth:
            self._take(entry, "".join(self.pieces).strip())
            self._drop()
            self.xhtml = False
        elif self.xhtml:
            self.pieces.append(f"</{name.rpartition(' ')[2]}>")
        if self.depth == 0:
            if not entry.title or not entry.link or (self.based and entry.link[:4] != "http"):
                entry.unsure = True
            self.feed.entries.append(entry)
            self.entry = None
        self.depth -= 1

    def _take(self, entry: RawEntry, text: str) -> None:
        """Give the text of an element that has just ended to its field.

        Of links the last counts, and a permanent guid stands in for one that has not come yet, as with feedparser.
        """
        code = self.code
        if code in _DATES:
            setattr(entry, _DATES[code], date_or_text(text))
        elif code == _TITLE:
            title = mend(text)
            entry.unsure = entry.unsure or (entry.title not in ("", title))
            entry.title = entry.title or title
        elif code == _LINK:
            entry.link = _ESCAPED_NAME.sub(r"&\1", text.replace("&amp;", "&")) if ";" in text else text
        elif code == _GUID:
            entry.guid = text
            if self.permalink and not entry.link and text.startswith(("http://", "https://")):
                entry.link = text
        elif code == _SOURCE:
            entry.publisher = mend(text) or entry.publisher
        elif text and code != _AUTHOR:
            entry.texts.append(mend(text))

    def _start_outside(self, name: str, attributes: dict[str, str]) -> None:
        """An element outside entries: the root, the channel, what the channel says of itself, or an entry's start."""
        namespace, local = _split_name(name)
        path = self.path
        parent = path[-1] if path else ""
        plain = namespace in _PLAIN
        if plain and local in _ENTRY_NAMES:
            if parent not in _HOLDERS:
                raise NotPlainError(f"has an entry inside {parent or 'nothing'}")
            self._start_entry(attributes)
            return
        if not path:
            self.feed.format = _format_of(namespace, local, attributes)
            self.feed.language = attributes.get(_XML_LANG, attributes.get("lang", ""))
        elif plain and parent in _HOLDERS:
            if local == "channel" and namespace == _RSS090:
                self.feed.format = "RSS 0.90"
            self._start_meta(local, attributes)
        elif plain and parent in _SKIPS:
            self.meta = "skip_" + ("hours" if local == "hour" else "days")
            self._gather(0)
        elif namespace.endswith("/syndication/") and local in _PERIODS:
            self.meta = _PERIODS[local]
            self._gather(0)
        elif parent in _HOLDERS and namespace.endswith("/dc/elements/1.1/") and local in _DC_META:
            self._start_meta(local, attributes)
        path.append(local)

    def _start_entry(self, attributes: dict[str, str]) -> None:
        self.entry = RawEntry()
        self.depth = 0
        self.capture = -1
        if attributes:
            self.entry.guid = attributes.get(_RDF + " about", "")
            self.entry.unsure = "href" in attributes or "lastmod" in attributes  # Channel Definition Format

    def _start_meta(self, local: str, attributes: dict[str, str]) -> None:
        self.meta = local if local in _META else ""
        if local == "link" and "href" in attributes:
            self.meta = ""
            if attributes.get("rel", "alternate") == "alternate" and not self.feed.link:
                self.feed.link = attributes["href"]
        if self.meta:
            self._gather(0)

    def _end_outside(self) -> None:
        self.path.pop()
        if self.capture == 0:
            self._drop()
            text = "".join(self.pieces).strip()
            if self.meta.startswith("skip_"):
                getattr(self.feed, self.meta).append(text)
            elif text and (self.meta == "language" or not getattr(self.feed, self.meta)):
                setattr(self.feed, self.meta, mend(text))


def _took_link(entry: RawEntry, attributes: dict[str, str]) -> bool:
    """Read a link that carries its address in an attribute, as Atom's does; False where it has none."""
    address = attributes.get("url", attributes.get("uri", attributes.get("href")))
    if address is None:
        entry.unsure = entry.unsure or any(not key.islower() for key in attributes)
        return False
    if not address:
        entry.unsure = True
    kind = attributes.get("type", "").lower()
    if attributes.get("rel", "alternate").lower() == "alternate" and kind in _LINK_TYPES:
        entry.link = address
    return True


def _is_xhtml(entry: RawEntry, attributes: dict[str, str]) -> bool:
    """Whether a text construct holds markup as elements; one in Base64 or of an unheard-of type is not for us."""
    kind = attributes.get("type", "").lower()
    if kind in _XHTML_TYPES:
        return True
    if kind not in _MARKUP_TYPES or attributes.get("mode") == "base64":
        entry.unsure = True
    return False


def _format_of(namespace: str, local: str, attributes: dict[str, str]) -> str:
    if local == "rss" and namespace in _PLAIN:
        version = attributes.get("version", "")
        return f"RSS {version}" if version in _RSS_VERSIONS else "RSS 2.0" if version[:2] == "2." else "RSS"
    if local == "rdf" and namespace == _RDF.lower():
        return "RSS 1.0"
    if local == "feed" and namespace in (_ATOM10.lower(), _ATOM03):
        return "Atom 1.0" if namespace == _ATOM10.lower() else "Atom 0.3"
    raise NotPlainError(f"has the root element {local[:40]}")
