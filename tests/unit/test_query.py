"""The language of users' own topics: what it finds, and how it says what cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classify.query import LONGEST, OwnTopics, parse_query
from bot.errors import CommandError
from bot.model import Entry, Match

ENTRY = Entry(
    "dawn-business",
    "1",
    "",
    "Reko Diq: gold and copper smugglers near the old mine",
    "Barrick said nothing. 中国稀土出口 grew. نایاب معدنیات کی برآمد",
    "en",
    publisher="Dawn",
)


def matched(query: str) -> bool:
    return parse_query(query).match(ENTRY).matched


@pytest.mark.parametrize(
    "query",
    [
        "gold",
        "GOLD copper",
        '"reko diq" AND (silver OR gold) NOT cricket',
        "gold -cricket",
        "silver OR copper AND gold",
        "silver | gold",
        '"REKO   DIQ"',
        "reko-diq",
        "smuggl*",
        "smuggl* NEAR/3 mine",
        "mine NEAR smugglers",
        "title:gold",
        "title:(silver OR gold)",
        "text:barrick",
        "source:dawn gold",
        "feed:dawn-business gold",
        "lang:en gold",
        "language:en gold",
        "稀土",
        "稀土 AND 出口",
        "معدنيات",
        "gold NOT title:barrick",
    ],
)
def test_it_finds(query: str) -> None:
    assert matched(query)


@pytest.mark.parametrize(
    "query",
    [
        "silver",
        "gold AND silver",
        "gold NOT copper",
        "ol",
        "smuggl",
        "smuggl* NEAR/2 barrick",
        '"diq reko"',
        "title:barrick",
        "text:gold",
        "source:post gold",
        "lang:ur gold",
        "(silver OR tin) gold",
        "mine NEAR/40 barrick",
    ],
)
def test_it_does_not_find(query: str) -> None:
    assert not matched(query)


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("", "The query is empty"),
        ("x" * (LONGEST + 1), f"at most {LONGEST} characters"),
        ("gold OR", "character 8: a word is missing here. gold OR👉"),
        ("OR gold", "character 1: expected a word, a phrase or an opening parenthesis here. 👉OR gold"),
        ('("reko diq" AND gold', "character 21: a closing parenthesis is missing"),
        ("gold)", "character 5: there is no opening parenthesis for this one. gold👉)"),
        ("gold ()", "character 7: expected a word, a phrase or an opening parenthesis here. gold (👉)"),
        ("(gold OR )", "character 10: expected a word, a phrase or an opening parenthesis here. (gold OR 👉)"),
        ('gold "reko', "character 6: this quotation mark is not closed"),
        ("body:gold", "character 1: body: is not a field; the fields are title:"),
        ("gold lang:urdu", "character 6: lang: takes a two-letter code"),
        ("source:(a b) gold", "source: takes one word"),
        ("*gold", "a word with * must begin with at least 2 letters"),
        ('gold ""', "expected a letter or digit here"),
        ("gold NEAR (a b)", "NEAR needs a word"),
        ("NOT gold", "needs at least one word to look for"),
        ("lang:ur", "needs at least one word to look for"),
        ("gold OR NOT silver", "needs at least one word to look for"),
        (" ".join(f"w{n}" for n in range(61)), "at most 60 words"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(query: str, complaint: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse_query(query)
    assert complaint in str(caught.value)


def test_the_evidence_is_the_words_that_were_found() -> None:
    found = parse_query('"reko diq" barrick').match(ENTRY, "mines")
    assert (found.topic, found.score) == ("mines", 1.0)
    fields = {"title": ENTRY.title, "text": ENTRY.text}
    assert [part.text for part in found.evidence] == ["Reko Diq", "Barrick"]
    assert all(fields[part.field][part.start : part.end] == part.text for part in found.evidence)


def test_own_topics_find_what_their_queries_find() -> None:
    queries = ["gold NOT copper", "copper", "稀土", "cricket", "smuggl* NEAR/3 mine"]
    own = OwnTopics((query, parse_query(query)) for query in queries)
    assert [match.topic for match in own.classify(ENTRY)] == ["copper", "稀土", "smuggl* NEAR/3 mine"]
    assert OwnTopics(()).classify(ENTRY) == []


PARTS = st.sampled_from(
    [
        "gold",
        "reko diq",
        '"reko diq"',
        "AND",
        "OR",
        "NOT",
        "(",
        ")",
        "-",
        "NEAR/2",
        "title:",
        "lang:en",
        "*",
        "稀土",
        "|",
        '"',
    ]
)


@given(query=st.lists(PARTS, max_size=9).map(" ".join) | st.text(max_size=40))
def test_any_text_is_read_or_refused(query: str) -> None:
    """Also: a query that is met has one of its anchors in the text, which is what finding it fast rests on."""
    try:
        read = parse_query(query)
    except CommandError:
        return
    found: Match = read.match(ENTRY, "t")
    assert found.matched == bool(OwnTopics([("t", read)]).classify(ENTRY))
