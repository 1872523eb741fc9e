"""feeds.yaml: what is read, what is refused and in which words, and adding to it without touching the rest."""

import stat
from dataclasses import replace
from pathlib import Path
from string import ascii_lowercase

import pytest
from babel import Locale
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.feeds.catalogue.codes import COUNTRIES, LANGUAGES, country_for, language_for, nearest
from bot.feeds.catalogue.file import append_feed, append_feeds, load_catalogue, read_catalogue, starter, suggest_id
from bot.model import Feed, Ownership
from bot.text.durations import read_duration, write_duration

GULF = Feed(
    id="gulf-post",
    name="Gulf Post: evening",
    url="https://gulf.example/rss?a=1&b=2",
    language="ur",
    publisher="Gulf Post",
    country="NO",
    ownership=Ownership.TRADE,
    tier=2,
    topics=("rare-earths", "china-pakistan-us"),
    enabled=False,
    user_agent="Monazite/0.1",
    min_interval=90.0,
    max_interval=7200.0,
)
GULF_TEXT = """\
feeds:
  - id: gulf-post
    name: "Gulf Post: evening"
    url: https://gulf.example/rss?a=1&b=2
    language: ur
    publisher: Gulf Post
    country: NO
    ownership: trade
    tier: 2
    topics: [rare-earths, china-pakistan-us]
    enabled: false
    user_agent: Monazite/0.1
    min_interval: 90s
    max_interval: 2h
"""
TOPICS = frozenset({"rare-earths", "china-pakistan-us"})


def complaints(text: str, topics: frozenset[str] | None = TOPICS) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_catalogue("feeds.yaml", text, topics)
    return str(caught.value).splitlines()


def test_every_value_is_read() -> None:
    assert read_catalogue("feeds.yaml", GULF_TEXT, TOPICS) == (GULF,)


def test_what_may_be_left_out_has_a_default() -> None:
    text = "feeds:\n- {id: a, name: A, url: 'http://a.example', language: mul, publisher: A, ownership: state, tier: 1}"
    feed = Feed("a", "A", "http://a.example", "", "A", "", Ownership.STATE, 1)
    assert read_catalogue("feeds.yaml", text) == (feed,)


@pytest.mark.parametrize("text", ["feeds:", "feeds: []", "feeds: ~\n", "\ufefffeeds:\n  # none yet\n"])
def test_an_empty_list_is_no_mistake(text: str) -> None:
    assert read_catalogue("feeds.yaml", text) == ()


@pytest.mark.parametrize("null", ["", "~", "null", "''"])
def test_a_key_without_a_value_counts_as_left_out(null: str) -> None:
    text = GULF_TEXT.replace("user_agent: Monazite/0.1", f"user_agent: {null}")
    assert read_catalogue("feeds.yaml", text) == (replace(GULF, user_agent=None),)


# What is right in GULF_TEXT, what someone wrote instead, and the complaint.
MISTAKES = """
id: gulf-post
id: Gulf Post
2: id: 'Gulf Post' is not made of small letters, digits and '-' alone; did you mean 'gulf-post'?

"Gulf Post: evening"
"Gulf\\u202e Post"
3: name: 'Gulf\\u202e Post' has a line break or an invisible character in it; retype it

https://gulf.example/rss?a=1&b=2
gulf.example/rss
4: url: 'gulf.example/rss' is not an http or https address; did you mean 'https://gulf.example/rss'?

https://gulf
feed://gulf
4: url: 'feed://gulf.example/rss?a=1&b=2' is not an http or https address; did you mean 'https://gulf.example/rss?a=1&b=2'?

https://gulf
https://me:secret@gulf
4: url: the address has a user name in it; write it without what stands before the '@'

/rss?
/r ss?
4: url: 'https://gulf.example/r ss?a=1&b=2' has a space or an invisible character in it; a space is written %20

language: ur
language: en-US
5: language: 'en-US' is not a two-letter language code such as en, zh or ur; did you mean 'en'?

language: ur
language: Urdu
5: language: 'Urdu' is not a two-letter language code such as en, zh or ur; did you mean 'ur'?

language: ur
language: xx
5: language: 'xx' is not a two-letter language code such as en, zh or ur; 'mul' stands for several languages

country: NO
country: Pakistan
7: country: 'Pakistan' is not a two-letter country code such as PK, CN or US; did you mean 'PK'?

country: NO
country: UK
7: country: 'UK' is not a two-letter country code such as PK, CN or US; did you mean 'GB'?

country: NO
country: --
7: country: '--' is not a two-letter country code such as PK, CN or US; leave the line out where there is no country

ownership: trade
ownership: goverment
8: ownership: 'goverment' is not one of state, official, independent, trade, aggregator; did you mean 'official'?

ownership: trade
ownership: traed
8: ownership: 'traed' is not one of state, official, independent, trade, aggregator; did you mean 'trade'?

tier: 2
tier: 5
9: tier: '5' is not 1 (first-hand, or of record), 2, 3 or 4 (a query)

[rare-earths, china-pakistan-us]
[rare-earth]
10: topics: 'rare-earth' is not a topic; did you mean 'rare-earths'?

[rare-earths, china-pakistan-us]
[cricket]
10: topics: 'cricket' is not a topic; there are china-pakistan-us, rare-earths

[rare-earths, china-pakistan-us]
[rare-earths, rare-earths]
10: topics: 'rare-earths' stands here twice; once is right

[rare-earths, china-pakistan-us]
{a: b}
10: topics: has names with values; expected a list such as [rare-earths]

enabled: false
enabled: flase
11: enabled: 'flase' is not true or false; did you mean 'false'?

user_agent: Monazite/0.1
user_agent: Монацит
12: user_agent: 'Монацит' is not at most 200 plain ASCII characters

min_interval: 90s
min_interval: often
13: min_interval: 'often' is not a duration of up to 30d, such as 90s, 5m or 2h

max_interval: 2h
max_interval: 31d
14: max_interval: '31d' is not a duration of up to 30d, such as 90s, 5m or 2h

min_interval: 90s
min_interval: 3h
13: min_interval: is longer than max_interval; exchange the two

language: ur
langauge: ur
5: 'langauge' is not known in a feed; did you mean 'language'?

tier: 2
colour: red\\n    tier: 2
9: 'colour' is not known in a feed; known are id

tier: 2
language: en\\n    tier: 2
9: 'language' stands on line 5 already; take one of the two out

    tier: 2\\n
\\0
2: feed 'gulf-post' has no tier; add 'tier: 2'

tier: 2
tier: [2]
9: tier: has a list or mapping; expected a single value

feeds:
feed:
1: 'feed' is not known in feeds.yaml; did you mean 'feeds'?

feeds:
version: 1\\nfeeds:
1: 'version' is not known in feeds.yaml; known are feeds
"""


def cases(table: str) -> list[list[str]]:
    """The blocks of a table, in each of which \\n stands for a line break and \\0 for nothing."""
    blocks = table.strip("\n").split("\n\n")
    return [[line.replace("\\n", "\n").replace("\\0", "") for line in block.split("\n")] for block in blocks]


@pytest.mark.parametrize(("right", "wrong", "complaint"), cases(MISTAKES))
def test_a_mistake_is_one_line_with_its_place_and_the_remedy(right: str, wrong: str, complaint: str) -> None:
    assert right in GULF_TEXT
    (line,) = complaints(GULF_TEXT.replace(right, wrong))
    assert line.startswith(f"feeds.yaml:{complaint}")


# A file, and the beginning of the complaint.
FORMS = """
\\0
1: there is no line 'feeds:'; 'monazite feeds init' writes a whole file

- id: a
1: the list stands alone; expected a line 'feeds:' above it

feeds: all
1: 'feeds:' is not followed by a list; expected one '- id: …' a feed

feeds:\\n- dawn
2: a feed is a group of lines such as 'id: …' and 'url: …', not a single value

feeds:\\n- &a {}
2: anchors (&) and aliases (*) are not read; write the value out, or quote it

feeds:\\n- *a
2: anchors (&) and aliases (*) are not read; write the value out, or quote it

feeds: !!python/name:os.system x
1: tags (tag:yaml.org,2002:python/name:os.system) are not read; take the tag out, or quote the value

feeds: []\\n---\\nfeeds: []
2: a second document begins here; take the line '---' out

feeds:\\n  - id: a\\n	name: b
3: not valid YAML: found a tab character that violates indentation; indent with spaces

feeds:\\n  - name: News: all
2: not valid YAML: mapping values are not allowed in this context; put quotes round a text that contains ': ',

feeds:\\n - name: @home
2: not valid YAML: found character that cannot start any token; indent with spaces, not tabs, and put quotes round

feeds: [[[[[[[[[[[[[[[
1: nested deeper than a list of feeds is; at most 8 levels
"""


@pytest.mark.parametrize(("text", "complaint"), cases(FORMS))
def test_a_file_of_the_wrong_form_is_one_line(text: str, complaint: str) -> None:
    (line,) = complaints(text)
    assert line.startswith(f"feeds.yaml:{complaint}")


def test_what_yaml_cannot_hold_is_one_line() -> None:
    assert complaints("feeds: []\n# é \x00") == ["feeds.yaml:2: the character U+0000 is not allowed in YAML; delete it"]


def test_a_deep_file_is_given_up_at_once() -> None:
    assert complaints("feeds: " + "[" * 60_000) == [
        "feeds.yaml:1: nested deeper than a list of feeds is; at most 8 levels"
    ]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = GULF_TEXT.replace("tier: 2", "tier: 0").replace("country: NO", "country: XX") + "  - id: B\n"
    lines = complaints(text)
    assert [line.split(":")[1] for line in lines] == ["7", "9", "15", "15"]
    assert lines[3].endswith(
        "the feed has no name, url, language, publisher, ownership, tier; add 'name: What people see', "
        "'url: https://…', 'language: en', 'publisher: Who publishes it', "
        "'ownership: state | official | independent | trade | aggregator', 'tier: 2'"
    )


def test_an_id_or_address_may_stand_there_once() -> None:
    second = GULF_TEXT.removeprefix("feeds:\n").replace("https://gulf.example/rss?", "http://GULF.example/rss?")
    assert complaints(GULF_TEXT + second) == [
        "feeds.yaml:15: id: 'gulf-post' stands on line 2 already; each feed needs its own",
        "feeds.yaml:17: url: feed 'gulf-post' on line 4 has this address already; take one out",
    ]


def test_topics_are_not_looked_up_where_none_are_given() -> None:
    text = GULF_TEXT.replace("rare-earths", "anything")
    assert read_catalogue("feeds.yaml", text)[0].topics == ("anything", "china-pakistan-us")


def test_an_unreadable_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    with pytest.raises(ConfigError, match=r"^.*feeds\.yaml: there is no such file; 'monazite feeds init' writes one"):
        load_catalogue(path)
    path.write_bytes(b"feeds:\n  # caf\xe9\n")
    with pytest.raises(ConfigError, match=r"feeds\.yaml:2: byte 0xe9 is not UTF-8; save the file as UTF-8$"):
        load_catalogue(path)
    path.write_bytes(b"#" * 3_000_000)
    with pytest.raises(ConfigError, match=r"feeds\.yaml:1: 3,000,000 bytes are too many"):
        load_catalogue(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_catalogue(tmp_path)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
@example("feeds:\n - ? {a: b}\n   : c\n")
@example("? []\n: []")
@example("%YAML 1.1\n--- 'x'")
@example("feeds: [\x85, \u2028]")
def test_whatever_the_file_is_the_answer_is_feeds_or_lines_with_a_place(text: str) -> None:
    try:
        said = "".join(feed.id for feed in read_catalogue("f", text))
    except ConfigError as error:
        said = str(error)
    assert all(line.startswith("f:") for line in said.split("\n") if line)


# Adding

KEPT = """\
# My feeds

feeds:

  # the first
  - id: one   # short
    name: 'One'
    url: http://one.example/
    language: en
    publisher: One
    ownership: state
    tier: 1

  - id: two
    name: Two
    url: http://two.example/
    language: en
    publisher: Two
    ownership: state
    tier: 1
    # min_interval: 5m
# the end
"""


def added(tmp_path: Path, text: str, *feeds: Feed) -> str:
    path = tmp_path / "feeds.yaml"
    path.write_bytes(text.encode())
    append_feeds(path, feeds)
    return path.read_bytes().decode()


def test_a_feed_is_added_and_nothing_else_changes(tmp_path: Path) -> None:
    after = added(tmp_path, KEPT, GULF)
    own = GULF_TEXT.removeprefix("feeds:\n").replace('"Gulf Post: evening"', "'Gulf Post: evening'")
    assert after == KEPT + "\n" + own.replace("country: NO", "country: 'NO'")
    assert load_catalogue(tmp_path / "feeds.yaml")[2] == GULF


@pytest.mark.parametrize(
    "text",
    [
        "feeds:",
        "feeds: []",
        "feeds: []  # none\n",
        "feeds: ~",
        "feeds:\n# none yet\n",
        "\ufefffeeds:\r\n",
        KEPT.replace("\n", "\r\n"),
        KEPT.removesuffix("\n"),
        KEPT + "...\n",
        "\n".join(line.removeprefix("  ") for line in KEPT.split("\n")),
        KEPT.replace("- id", "-\n    id"),
        KEPT.replace("name: Two", "name: |\n      Two"),
        KEPT.replace("name: Two", "name: >-\n      Two\n      times"),
    ],
)
def test_a_feed_can_be_added_in_every_layout(tmp_path: Path, text: str) -> None:
    before = read_catalogue("feeds.yaml", text)
    after = added(tmp_path, text, GULF)
    assert read_catalogue("feeds.yaml", after) == (*before, GULF)
    comments = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert [line.partition("#")[2] for line in after.splitlines() if "#" in line] == comments
    assert ("\r\n" in text) == ("\r\n" in after)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{feeds: []}", "a feed cannot be added to a file in braces"),
        ("feeds: [{id: a, name: A, url: 'http://a.example', language: en, publisher: A, ownership: state, tier: 1}]",
         "a feed cannot be added to a list in brackets"),
        (KEPT.replace("tier: 1", "tier: 7"), "tier: '7' is not"),
        (GULF_TEXT, "id: 'gulf-post' stands on line 2 already"),
    ],
)  # fmt: skip
def test_where_a_feed_cannot_be_added_the_file_stays(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        added(tmp_path, text, GULF)
    assert (tmp_path / "feeds.yaml").read_text() == text
    assert [left.name for left in tmp_path.iterdir()] == ["feeds.yaml"]


def test_adding_keeps_the_mode_and_the_link(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text(KEPT)
    real.chmod(0o640)
    link = tmp_path / "feeds.yaml"
    link.symlink_to(real)
    append_feed(link, GULF)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert load_catalogue(real)[-1] == GULF


def test_a_feed_for_a_topic_that_does_not_exist_is_not_added(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(KEPT)
    with pytest.raises(ConfigError, match="topics: 'cricket' is not a topic"):
        append_feed(path, replace(GULF, topics=("cricket",)), TOPICS)
    assert path.read_text() == KEPT


def test_adding_nothing_leaves_the_very_file(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(KEPT)
    before = path.stat()
    append_feeds(path, ())
    assert path.stat() == before


TEXTS = st.text(min_size=1, max_size=60)


@given(
    st.builds(
        Feed,
        id=st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True),
        name=TEXTS,
        url=st.builds("https://{}.example/{}".format, st.text(ascii_lowercase, min_size=1, max_size=9), TEXTS),
        language=st.sampled_from(["", "en", "zh", "no"]),
        publisher=TEXTS,
        country=st.sampled_from(["", "PK", "NO", "ZZ"]),
        ownership=st.sampled_from(Ownership),
        tier=st.integers(1, 4),
        topics=st.lists(TEXTS, max_size=3, unique=True).map(tuple),
        enabled=st.booleans(),
        user_agent=st.none() | TEXTS,
        min_interval=st.none() | st.floats(0.001, 60.0),
        max_interval=st.none() | st.floats(61.0, 86400.0 * 30),
    )
)
@example(replace(GULF, name="\ud800"))
@example(replace(GULF, name="# not a comment", publisher="- dash", topics=("yes", "1", "a, b]")))
@example(replace(GULF, name="'", publisher='"', user_agent="{}"))
def test_what_is_added_comes_back_or_is_refused(tmp_path_factory: pytest.TempPathFactory, feed: Feed) -> None:
    path = tmp_path_factory.mktemp("added") / "feeds.yaml"
    path.write_text(KEPT)
    refused = ""
    try:
        append_feed(path, feed)
    except ConfigError as error:
        refused = str(error)
    after = path.read_text()
    assert refused.startswith(str(path)) and after == KEPT if refused else load_catalogue(path)[-1] == feed


# Ids, codes, durations, the starter


@pytest.mark.parametrize(
    ("name", "taken", "chosen"),
    [
        ("The Nation", (), "the-nation"),
        ("Café Économie — l'Asie", (), "cafe-economie-lasie"),
        ("The Nation", ("the-nation", "the-nation-2"), "the-nation-3"),
        ("新华社", (), "feed"),
        ("a" * 90, (), "a" * 40),
        ("word " * 20, (), "word-word-word-word-word-word-word-word"),
    ],
)
def test_an_id_is_suggested(name: str, taken: tuple[str, ...], chosen: str) -> None:
    assert suggest_id(name, taken) == chosen


@given(st.text(), st.lists(st.text(), max_size=4))
def test_a_suggested_id_is_right_and_free(name: str, names: list[str]) -> None:
    taken: list[str] = []
    for other in names:
        taken.append(suggest_id(other, taken))
    chosen = suggest_id(name, taken)
    assert chosen not in taken
    assert read_catalogue("f", GULF_TEXT.replace("gulf-post", f"'{chosen}'"))[0].id == chosen


def test_the_codes_are_those_of_babel() -> None:
    english = Locale("en")
    assert {code for code in english.languages if len(str(code)) == 2} == LANGUAGES
    territories = {str(code) for code in english.territories if len(str(code)) == 2 and str(code).isalpha()}
    reserved = {"AC", "CP", "CQ", "DG", "EA", "EZ", "IC", "QO", "TA", "UN", "XA", "XB"}
    assert territories - reserved == COUNTRIES


def test_codes_are_found_for_names() -> None:
    assert (language_for("zh_Hant_HK"), language_for("chinese"), language_for("klingonese")) == ("zh", "zh", "")
    assert (country_for("cn"), country_for("United Kingdom"), country_for("Atlantis")) == ("CN", "GB", "")


def test_the_nearest_word_is_found_whatever_its_dashes_and_capitals() -> None:
    assert nearest("MIN-INTERVAL", ["min_interval", "max_interval"]) == "min_interval"
    assert nearest("zzz", ["min_interval"]) == ""


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("90", 90), ("1.5", 1.5), ("90s", 90), ("5m", 300), ("2H", 7200), ("1h30m", 5400), ("1 d", 86400), ("2w", 1209600),
     ("0.1h", 360), (" 5m ", 300), ("0s", 0)],
)  # fmt: skip
def test_durations_are_read(typed: str, seconds: float) -> None:
    assert read_duration(typed) == seconds


@pytest.mark.parametrize("typed", ["", "s", "5x", "-5m", "5m!", "1e3", "nan", "inf", "5 parsecs", "9" * 30])
def test_what_is_no_duration_is_none(typed: str) -> None:
    assert read_duration(typed) is None


@given(st.integers(0, 10**9).map(float) | st.floats(0, 10**6).map(lambda n: round(n, 6)))
def test_a_duration_comes_back_as_it_was_written(seconds: float) -> None:
    assert read_duration(write_duration(seconds)) == pytest.approx(seconds, abs=1e-6)


def test_the_starter_is_a_right_feeds_yaml() -> None:
    assert len(read_catalogue("feeds.yaml", starter(), TOPICS)) == 102
