"""OPML, the exchange format of feed readers: lists of feeds from elsewhere, and ours for elsewhere.

Read: OPML 1.0, 1.1 and 2.0 (http://opml.org/spec2.opml), folders within folders. Written: OPML 2.0; what OPML has no
place for stands in attributes of a namespace of our own, which the specification allows and other readers pass over.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from bot.errors import ConfigError
from bot.feeds.catalogue.file import suggest_id
from bot.feeds.catalogue.values import READERS, WrongValueError
from bot.model import Feed, Ownership
from bot.text.clean import clean_text, one_line
from bot.text.durations import read_duration, write_duration
from bot.text.urls import host_of

_NAMESPACE = "urn:monazite:feeds"
_LARGEST = 16 * 1024 * 1024
_DEEPEST = 64  # folders in folders
_MOST_FEEDS = 20_000
_LONGEST_TEXT = 200
_FEED_SCHEMES = re.compile(r"(?:feed|rss|itpc|pcast):(?://)?(?=https?://)|(?:feed|rss|itpc|pcast)://", re.IGNORECASE)
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+)?html\b", re.IGNORECASE)
_WEB_PAGE = "is a web page; export the list of feeds from the other reader as OPML"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """A feed of an OPML file. Whatever the file does not say is '', None or empty; intervals are in seconds.

    ``url`` stands as in the file, but for ``feed:`` in front of it. ``folders`` are the outlines that the feed lies in.
    """

    title: str
    url: str
    home_url: str = ""
    language: str = ""
    folders: tuple[str, ...] = ()
    id: str = ""
    publisher: str = ""
    country: str = ""
    ownership: Ownership | None = None
    tier: int | None = None
    topics: tuple[str, ...] = ()
    enabled: bool = True
    user_agent: str | None = None
    min_interval: float | None = None
    max_interval: float | None = None


class _RefusedError(Exception):
    """Carries why the reading of a file was stopped."""


class _Outlines:
    """Takes what lxml's parser meets; a DOCTYPE stops it before anything that it declares is read."""

    def __init__(self) -> None:
        self.feeds: list[OpmlFeed] = []
        self._seen: set[str] = set()
        self._folders: list[str] = []
        self._root = ""

    def doctype(self, name: str, *_: object) -> None:
        """Refuse it: no reader writes one, and it may declare entities."""
        if name.lower() == "html":
            raise _RefusedError(_WEB_PAGE)
        raise _RefusedError("has a DOCTYPE, which OPML does not need; delete it")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Note a feed, or go into a folder."""
        self._root = self._root or tag
        if _local(self._root) != "opml":
            raise _RefusedError(f"is no OPML: it begins with <{one_line(_local(self._root), 60)}>, not with <opml>")
        if _local(tag) == "outline":
            plain = {name.lower(): value.strip() for name, value in attributes.items()}
            self._note(plain)
            self._folders.append(_title_of(plain))
            if len(self._folders) > _DEEPEST:
                raise _RefusedError(f"has more than {_DEEPEST} folders in each other")

    def end(self, tag: str) -> None:
        """Come out of a folder."""
        if _local(tag) == "outline":
            self._folders.pop()

    def data(self, text: str) -> None:
        """Text says nothing in OPML."""

    def close(self) -> list[OpmlFeed]:
        """The feeds found."""
        return self.feeds

    def _note(self, plain: Mapping[str, str]) -> None:
        url = plain.get("xmlurl", "")
        if not url and plain.get("type", "").lower() in {"rss", "atom"}:
            url = plain.get("url", "")
        url = _FEED_SCHEMES.sub(lambda found: "https://" if found[0].endswith("://") else "", url, count=1)
        if not url or url in self._seen:
            return
        if len(self.feeds) == _MOST_FEEDS:
            raise _RefusedError(f"has more than {_MOST_FEEDS:,} feeds")
        self._seen.add(url)
        self.feeds.append(_feed(plain, url, tuple(name for name in self._folders if name)))


def read_opml(body: bytes, name: str = "OPML") -> tuple[OpmlFeed, ...]:
    """Read the feeds of an OPML file, in its order, each address once; ``name`` is how messages call the file.

    Nothing outside the file is read and no entity is expanded: a file with a DOCTYPE is refused.

    Raises:
        ConfigError: the file is no OPML, is not well-formed, is too large, or lists no feed.
    """
    if len(body) > _LARGEST:
        raise ConfigError(f"{name}: {len(body):,} bytes are too many; at most {_LARGEST:,} are read")
    # "internal": the five entities of XML itself. Others cannot be declared, as that takes a DOCTYPE.
    parser = etree.XMLParser(target=_Outlines(), resolve_entities="internal", no_network=True, load_dtd=False)
    try:
        feeds: list[OpmlFeed] = etree.fromstring(body.lstrip(), parser)
    except _RefusedError as refused:
        raise ConfigError(f"{name}: the file {refused}") from None
    except etree.XMLSyntaxError as error:
        if _PAGE.match(body):  # XML knows no <!doctype in small letters, and so calls this a fault of form
            raise ConfigError(f"{name}: the file {_WEB_PAGE}") from None
        wrong = (error.msg or "it is empty").partition(", line ")[0]
        if "EntityRef" in wrong:
            wrong = "an '&' stands alone; it has to be written '&amp;'"
        raise ConfigError(f"{name}: line {error.lineno or 1} is not well-formed XML: {one_line(wrong, 200)}") from None
    if not feeds:
        raise ConfigError(f"{name}: the file lists no feed: no outline in it has an xmlUrl")
    return tuple(feeds)


def as_feed(found: OpmlFeed, taken: Collection[str], name: str = "OPML") -> Feed:
    """The feed that a file describes, as it can be added to feeds.yaml. ``taken`` are the ids that are in use.

    What the file does not say, or says wrongly, becomes: an id made of the title or host, any language, no country,
    ownership independent, tier 3, and the title as publisher.

    Raises:
        ConfigError: its address cannot be polled.
    """
    try:
        READERS["url"](found.url)
    except WrongValueError as error:
        raise ConfigError(f"{name}: feed {found.title!r}: {error}") from None
    title = found.title if _is_right("name", found.title) else found.url[:_LONGEST_TEXT]
    keeps_id = _is_right("id", found.id) and found.id not in taken
    return Feed(
        id=found.id if keeps_id else suggest_id("" if title in found.url else title, taken, host_of(found.url)),
        name=title,
        url=found.url,
        language=found.language if _is_right("language", found.language) and found.language != "mul" else "",
        publisher=found.publisher if found.publisher and _is_right("publisher", found.publisher) else title,
        country=found.country if _is_right("country", found.country) else "",
        ownership=found.ownership or Ownership.INDEPENDENT,
        tier=found.tier or 3,
        topics=found.topics,
        enabled=found.enabled,
        user_agent=found.user_agent if found.user_agent and _is_right("user_agent", found.user_agent) else None,
        min_interval=found.min_interval,
        max_interval=found.max_interval,
    )


def _is_right(key: str, text: str) -> bool:
    try:
        READERS[key](text)
    except WrongValueError:
        return False
    return True


def write_opml(feeds: Sequence[Feed], now: datetime) -> bytes:
    """Write feeds as OPML 2.0; ``read_opml`` gives all their values back. ``now`` becomes the date of the file."""
    root = etree.Element("opml", nsmap={"monazite": _NAMESPACE}, version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = "Feeds of Monazite"
    etree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = etree.SubElement(root, "body")
    for feed in feeds:
        outline = etree.SubElement(body, "outline")
        for name, value in _attributes(feed):
            outline.set(name, _NOT_XML.sub("", value))
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def _attributes(feed: Feed) -> Iterator[tuple[str, str]]:
    yield from (("type", "rss"), ("text", feed.name), ("title", feed.name), ("xmlUrl", feed.url))
    if feed.language:
        yield "language", feed.language
    if feed.topics:  # the standard's own place for such words, which some readers show
        yield "category", ",".join(feed.topics)
    own = {
        "id": feed.id,
        "publisher": feed.publisher,
        "country": feed.country,
        "ownership": str(feed.ownership),
        "tier": str(feed.tier),
        "enabled": "" if feed.enabled else "false",
        "user-agent": feed.user_agent or "",
        "min-interval": write_duration(feed.min_interval) if feed.min_interval else "",
        "max-interval": write_duration(feed.max_interval) if feed.max_interval else "",
    }
    yield from ((f"{{{_NAMESPACE}}}{name}", value) for name, value in own.items() if value)


def _feed(plain: Mapping[str, str], url: str, folders: tuple[str, ...]) -> OpmlFeed:
    """Read one outline. Attributes of ours that cannot be right, as someone may have edited them, count as absent."""
    own = {name: plain.get(f"{{{_NAMESPACE}}}{name}", "") for name in _OWN_NAMES}
    return OpmlFeed(
        title=_title_of(plain) or url[:_LONGEST_TEXT],
        url=url,
        home_url=plain.get("htmlurl", ""),
        language=plain.get("language", "").lower().replace("_", "-").partition("-")[0][:3],
        folders=folders,
        id=own["id"],
        publisher=one_line(clean_text(own["publisher"]), _LONGEST_TEXT),
        country=own["country"],
        ownership=Ownership(own["ownership"]) if own["ownership"] in set(Ownership) else None,
        tier=int(own["tier"]) if own["tier"] in {"1", "2", "3", "4"} else None,
        topics=_topics(plain) if own["id"] else (),  # elsewhere a category is not a topic of ours
        enabled=own["enabled"] != "false",
        user_agent=own["user-agent"] or None,
        min_interval=read_duration(own["min-interval"]),
        max_interval=read_duration(own["max-interval"]),
    )


_OWN_NAMES = (
    "id",
    "publisher",
    "country",
    "ownership",
    "tier",
    "enabled",
    "user-agent",
    "min-interval",
    "max-interval",
)


def _topics(plain: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(word for word in plain.get("category", "").split(",") if word)


def _title_of(plain: Mapping[str, str]) -> str:
    return one_line(clean_text(plain.get("title") or plain.get("text") or ""), _LONGEST_TEXT)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()
