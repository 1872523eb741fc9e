"""Where an entry leads that has no link of its own."""

import json

import pytest

from bot.feeds.parse.in_process import parse

AUDIO, OWN = "https://q.example/talk.mp3", "https://q.example/entry/1"


@pytest.mark.parametrize(
    ("item", "url"),
    [
        (f"<enclosure url='{AUDIO}' type='audio/mpeg' length='9'/>", AUDIO),
        (f"<link>{OWN}</link><enclosure url='{AUDIO}' type='audio/mpeg' length='9'/>", OWN),
        (f"<guid isPermaLink='true'>{OWN}</guid><enclosure url='{AUDIO}' type='audio/mpeg' length='9'/>", OWN),
        ("", ""),
    ],
)
def test_an_item_leads_to_its_enclosure(item: str, url: str) -> None:
    body = f"<rss version='2.0'><channel><title>Q</title><item><title>Ore talk</title>{item}</item></channel></rss>"
    (entry,) = parse(body.encode(), feed_id="q").entries
    assert entry.url == url


@pytest.mark.parametrize(
    ("links", "url"),
    [
        (f"<link rel='self' href='{OWN}'/>", OWN),
        (f"<link rel='self' href='{OWN}'/><link rel='enclosure' href='{AUDIO}'/>", AUDIO),
        (f"<link rel='enclosure' href='{AUDIO}'/><link rel='alternate' href='{OWN}'/>", OWN),
    ],
)
def test_an_atom_entry_leads_to_its_enclosure_else_to_itself(links: str, url: str) -> None:
    body = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>Q</title><id>urn:q</id><updated>2025-10-07T12:00:00Z</updated>"
        f"<entry><title>Ore talk</title><id>urn:q:1</id><updated>2025-10-07T12:00:00Z</updated>{links}</entry></feed>"
    )
    (entry,) = parse(body.encode(), feed_id="q").entries
    assert entry.url == url


def test_a_json_item_leads_to_its_attachment() -> None:
    item = {"id": "1", "content_text": "Ore talk", "attachments": [{"url": AUDIO, "mime_type": "audio/mpeg"}]}
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Q", "items": [item]}).encode()
    (entry,) = parse(body, feed_id="q").entries
    assert entry.url == AUDIO
