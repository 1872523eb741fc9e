"""One publisher's feed at one moment, written in the formats that publishers use.

Sources: RSS 2.0 (rssboard.org), content module of RSS, Atom (RFC 4287), RSS 1.0 (RDF), JSON Feed 1.1, the sitemap
protocol with Google's news extension.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape

from bot.demo.texts import Publisher, Shown

FILE_NAMES = {
    "rss": "rss.xml",
    "query": "rss.xml",
    "atom": "atom.xml",
    "rdf": "index.rdf",
    "json": "feed.json",
    "sitemap": "news-sitemap.xml",
}
CONTENT_TYPES = {
    "rss": "application/rss+xml",
    "query": "application/xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
    "sitemap": "application/xml",
}
_HOURS_FROM_UTC = {"PK": 5, "CN": 8, "SG": 8, "AU": 8, "US": -4}


@dataclass(frozen=True, slots=True)
class Edition:
    """What a feed contains at one moment.

    ``home`` ends in a slash; ``addresses`` gives each entry's link by its slug; ``homes`` the front page of a publisher
    by its name, if it is in the newsroom; ``note`` is a comment in the document, or ''.
    """

    publisher: Publisher
    home: str
    address: str
    entries: tuple[Shown, ...]
    addresses: Mapping[str, str]
    homes: Mapping[str, str]
    changed: datetime
    note: str = ""


def write(edition: Edition) -> bytes:
    """Return the document in the publisher's format and encoding."""
    document = _WRITERS[edition.publisher.format](edition)
    return document.encode(edition.publisher.encoding)


def as_html(entry: Shown) -> str:
    """Return an entry's text as HTML, also if it was written as plain text."""
    return entry.text if entry.markup else f"<p>{escape(entry.text, quote=False)}</p>"


def _xml(edition: Edition, *lines: str) -> str:
    declaration = f'<?xml version="1.0" encoding="{edition.publisher.encoding.upper()}"?>'
    note = f"<!-- {edition.note} -->\n" if edition.note else ""
    return f"{declaration}\n{note}" + "\n".join(lines) + "\n"


def _mail_date(publisher: Publisher, moment: datetime) -> str:
    local = timezone(timedelta(hours=_HOURS_FROM_UTC.get(publisher.country, 0)))
    return format_datetime(moment.astimezone(local))


def _iso_date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _rss(edition: Edition) -> str:
    publisher = edition.publisher
    return _xml(
        edition,
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">',
        "<channel>",
        f"<title>{escape(publisher.name)}</title>",
        f"<link>{escape(edition.home)}</link>",
        f"<description>Latest news from {escape(publisher.name)}</description>",
        f"<language>{publisher.language}</language>",
        f"<lastBuildDate>{_mail_date(publisher, edition.changed)}</lastBuildDate>",
        *(_rss_entry(edition, entry) for entry in edition.entries),
        "</channel>",
        "</rss>",
    )


def _rss_entry(edition: Edition, entry: Shown) -> str:
    link = edition.addresses[entry.slug]
    if edition.publisher.markup:
        pixel = f'<img src="{edition.home}count.gif?{entry.slug}" width="1" height="1" alt="">'
        more = f'<p><a href="{link}">Continue reading</a></p>'
        excerpt = "" if entry.markup else escape(entry.text.partition(". ")[0])
        cdata = f"{as_html(entry)}{more}{pixel}".replace("]]>", "]]&gt;")
        body = f"<description>{excerpt}</description><content:encoded><![CDATA[{cdata}]]></content:encoded>"
    else:
        body = f"<description>{escape(entry.text)}</description>"
    return (
        f"<item><title>{escape(entry.title)}</title><link>{escape(link)}</link>"
        f'<guid isPermaLink="false">{escape(entry.guid)}</guid>'
        f"<pubDate>{_mail_date(edition.publisher, entry.published)}</pubDate>{body}</item>"
    )


def _query(edition: Edition) -> str:
    """Write a news query's feed: other publishers' headlines, wrapped links, the publisher in title and <source>."""
    return _xml(
        edition,
        '<rss version="2.0"><channel>',
        '<title>"rare earth" OR "Pakistan China" - Headline Harvest</title>',
        f"<link>{escape(edition.home)}</link><description>{escape(edition.publisher.name)}</description>",
        *(_query_entry(edition, entry) for entry in edition.entries),
        "</channel></rss>",
    )


def _query_entry(edition: Edition, entry: Shown) -> str:
    link = edition.addresses[entry.slug]
    credit = entry.credit or edition.publisher.name
    home = edition.homes.get(credit, f"https://{'-'.join(credit.lower().split())}.example/")
    shown = (
        f'<a href="{escape(link)}" target="_blank">{escape(entry.title, quote=False)}</a>'
        f'&nbsp;&nbsp;<font color="#6f6f6f">{escape(credit, quote=False)}</font>'
    )
    return (
        f"<item><title>{escape(f'{entry.title} - {credit}')}</title><link>{escape(link)}</link>"
        f'<guid isPermaLink="false">{escape(entry.guid)}</guid>'
        f"<pubDate>{format_datetime(entry.published, usegmt=True)}</pubDate>"
        f"<description>{escape(shown)}</description>"
        f'<source url="{escape(home)}">{escape(credit)}</source></item>'
    )


def _atom(edition: Edition) -> str:
    publisher = edition.publisher
    return _xml(
        edition,
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{publisher.language}">',
        f"<id>tag:{publisher.key}.example,2025:feed</id>",
        f"<title>{escape(publisher.name)}</title>",
        f"<updated>{_iso_date(edition.changed)}</updated>",
        f"<author><name>{escape(publisher.name)}</name></author>",
        f'<link rel="self" href="{escape(edition.address)}"/>',
        f'<link rel="alternate" href="{escape(edition.home)}"/>',
        *(_atom_entry(edition, entry) for entry in edition.entries),
        "</feed>",
    )


def _atom_entry(edition: Edition, entry: Shown) -> str:
    markup = edition.publisher.markup
    content = escape(as_html(entry) if markup else entry.text)
    return (
        f"<entry><id>{escape(entry.guid)}</id><title>{escape(entry.title)}</title>"
        f'<link rel="alternate" href="{escape(edition.addresses[entry.slug])}"/>'
        f"<published>{_iso_date(entry.published)}</published><updated>{_iso_date(entry.changed)}</updated>"
        f'<content type="{"html" if markup or entry.markup else "text"}">{content}</content></entry>'
    )


def _rdf(edition: Edition) -> str:
    links = [escape(edition.addresses[entry.slug]) for entry in edition.entries]
    return _xml(
        edition,
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">',
        f'<channel rdf:about="{escape(edition.address)}">',
        f"<title>{escape(edition.publisher.name)}</title><link>{escape(edition.home)}</link>",
        f"<description>Latest news from {escape(edition.publisher.name)}</description>",
        f"<dc:language>{edition.publisher.language}</dc:language>",
        "<items><rdf:Seq>",
        *(f'<rdf:li rdf:resource="{link}"/>' for link in links),
        "</rdf:Seq></items></channel>",
        *(
            f'<item rdf:about="{link}"><title>{escape(entry.title)}</title><link>{link}</link>'
            f"<description>{escape(entry.text)}</description><dc:date>{_iso_date(entry.published)}</dc:date></item>"
            for link, entry in zip(links, edition.entries, strict=True)
        ),
        "</rdf:RDF>",
    )


def _json(edition: Edition) -> str:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": edition.publisher.name,
        "home_page_url": edition.home,
        "feed_url": edition.address,
        "language": edition.publisher.language,
        "items": [
            {
                "id": entry.guid,
                "url": edition.addresses[entry.slug],
                "title": entry.title,
                ("content_html" if entry.markup else "content_text"): entry.text,
                "date_published": _iso_date(entry.published),
                "date_modified": _iso_date(entry.changed),
            }
            for entry in edition.entries
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _sitemap(edition: Edition) -> str:
    name, language = escape(edition.publisher.name), edition.publisher.language
    return _xml(
        edition,
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">',
        *(
            f"<url><loc>{escape(edition.addresses[entry.slug])}</loc><news:news><news:publication>"
            f"<news:name>{name}</news:name><news:language>{language}</news:language></news:publication>"
            f"<news:publication_date>{_iso_date(entry.published)}</news:publication_date>"
            f"<news:title>{escape(entry.title)}</news:title></news:news></url>"
            for entry in edition.entries
        ),
        "</urlset>",
    )


_WRITERS: dict[str, Callable[[Edition], str]] = {
    "rss": _rss,
    "query": _query,
    "atom": _atom,
    "rdf": _rdf,
    "json": _json,
    "sitemap": _sitemap,
}
