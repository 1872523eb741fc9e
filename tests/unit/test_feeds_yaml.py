"""The feeds.yaml that the program comes with."""

import re
from collections import Counter
from pathlib import Path

import pytest

from bot.classify import load_topics
from bot.feeds.catalogue.file import load_catalogue, starter
from bot.model import Feed, Ownership
from bot.text.urls import host_of

ROOT = Path(__file__).parent.parent.parent
FEEDS = load_catalogue(ROOT / "feeds.yaml", {topic.id for topic in load_topics()})


def test_it_is_what_a_new_installation_starts_with() -> None:
    assert starter() == (ROOT / "feeds.yaml").read_text(encoding="utf-8")


def test_most_feeds_are_enabled_and_some_wait() -> None:
    assert Counter(feed.enabled for feed in FEEDS) == {True: 69, False: 33}


def test_every_side_is_heard() -> None:
    enabled = [feed for feed in FEEDS if feed.enabled]
    assert {feed.ownership for feed in enabled} == set(Ownership)
    assert {"PK", "CN", "US"} <= {feed.country for feed in enabled if feed.ownership is not Ownership.INDEPENDENT}
    assert {"en", "zh", "ur"} <= {feed.language for feed in enabled}
    served = Counter(topic for feed in enabled for topic in feed.topics)
    assert min(served[topic.id] for topic in load_topics()) >= 20


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.id)
def test_every_feed_is_described_sensibly(feed: Feed) -> None:
    assert feed.topics
    assert (feed.tier == 4) == (feed.ownership is Ownership.AGGREGATOR)
    assert feed.country or feed.ownership is Ownership.AGGREGATOR
    if host_of(feed.url) == "news.google.com":  # one host answers all the queries: none may be in a hurry
        assert feed.min_interval is not None
        assert feed.min_interval >= 900


def test_addresses_that_no_longer_carry_news_are_left_out() -> None:
    dead = re.compile(
        r"thenews\.com\.pk/rss/|geo\.tv/rss/1/53|chinadaily\.com\.cn|chinanews\.com/rss/mil|feeds\.reuters\.com|spglobal"
    )
    assert [feed.id for feed in FEEDS if dead.search(feed.url)] == []


def test_lists_for_people_have_titles() -> None:
    text = (ROOT / "feeds.yaml").read_text(encoding="utf-8")
    sections = re.findall(r"^  # .*\n\n", text, re.MULTILINE)
    assert len(sections) >= 10
    assert not re.search(r"[ \t]$", text, re.MULTILINE)
