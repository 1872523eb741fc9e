"""The publishers' own pages, so that the links in alerts open while the demo runs."""

from collections.abc import Iterable
from html import escape

from bot.demo.formats import CONTENT_TYPES, Edition, as_html
from bot.demo.texts import Publisher, Shown

_STYLE = "body{max-width:42rem;margin:3rem auto;padding:0 1rem;font:1.1rem/1.6 serif}footer,time{color:#666}"
_INVENTED = (
    "Part of Monazite's demo. The publisher and every word are invented; only the events retold have real models."
)


def article(publisher: Publisher, entry: Shown) -> str:
    """Return the page of one entry."""
    credit = f" · {escape(entry.credit)}" if entry.credit else ""
    body = (
        f"<article><h1>{escape(entry.title)}</h1>"
        f'<p><a href="./">{escape(publisher.name)}</a>{credit} · <time>{entry.published:%d.%m.%Y %H:%M} UTC</time></p>'
        f"{as_html(entry)}</article>"
    )
    return _page(entry.language, f"{entry.title} – {publisher.name}", body)


def front(edition: Edition) -> str:
    """Return a publisher's front page; its head names the feed, so that the feed can be found from here."""
    publisher = edition.publisher
    feed = (
        f'<link rel="alternate" type="{CONTENT_TYPES[publisher.format]}" '
        f'title="{escape(publisher.name)}" href="{escape(edition.address)}">'
    )
    lines = "".join(
        f'<li><a href="{escape(edition.addresses[entry.slug])}">{escape(entry.title)}</a></li>'
        for entry in edition.entries
    )
    return _page(publisher.language, publisher.name, f"<h1>{escape(publisher.name)}</h1><ul>{lines}</ul>", feed)


def index(publishers: Iterable[Publisher]) -> str:
    """Return the page that lists every publisher."""
    lines = "".join(f'<li><a href="/{publisher.key}/">{escape(publisher.name)}</a></li>' for publisher in publishers)
    return _page("en", "The demo's publishers", f"<h1>The demo's publishers</h1><ul>{lines}</ul>")


def _page(language: str, title: str, body: str, head: str = "") -> str:
    direction = "rtl" if language == "ur" else "ltr"
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>{head}</head>"
        f'<body>{body}<footer dir="ltr"><small>{_INVENTED}</small></footer></body></html>'
    )
