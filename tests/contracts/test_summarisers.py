"""What every summariser promises: at most what was asked for, and every sentence stands in the document it cites."""

import inspect
import pkgutil
from importlib import import_module

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bot.summarise
from bot.model import Document
from bot.ports import Summariser

SUMMARISERS = [
    pytest.param(made(), id=f"{module.name}.{name}")
    for module in pkgutil.iter_modules(bot.summarise.__path__)
    for name, made in vars(import_module(f"bot.summarise.{module.name}")).items()
    if inspect.isclass(made)
    and made.__module__ == f"bot.summarise.{module.name}"
    and hasattr(made, "summarise")
    and not inspect.signature(made).parameters  # what needs an address or a key is tested beside its server
]
DOCUMENTS = (
    Document("Kiln fails", "The kiln at Dunmore failed on Monday. Output fell by a third. Repairs take a month."),
    Document("Dunmore output falls", "Output at Dunmore fell by a third after a kiln failed. Buyers look elsewhere."),
    Document("", ""),
    Document("", "邓莫尔的窑炉周一停产。产量下降三分之一。"),
)
WORDS = st.sampled_from(
    ["Kiln", "fails.", "产量下降。", "پیداوار", "کم ہوئی۔", "\n", "“No!”", "3.5", "Dr.", "\u200b", "\0"]
)
TEXTS = st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=80)


def test_an_implementation_is_found() -> None:
    assert SUMMARISERS


@pytest.mark.parametrize("summariser", SUMMARISERS)
class TestSummariser:
    @pytest.mark.parametrize("most", [1, 2, 9])
    def test_no_more_sentences_than_asked_for(self, summariser: Summariser, most: int) -> None:
        found = summariser.summarise(DOCUMENTS, sentences=most)
        assert 1 <= len(found) <= most

    def test_a_size_in_words(self, summariser: Summariser) -> None:
        assert 1 <= sum(len(s.text.split()) for s in summariser.summarise(DOCUMENTS, words=8)) <= 24

    def test_nothing_gives_nothing(self, summariser: Summariser) -> None:
        assert summariser.summarise((), sentences=3) == ()
        assert summariser.summarise([Document("Only a title", "")], words=30) == ()

    @given(
        texts=st.lists(TEXTS, max_size=4),
        title=TEXTS,
        size=st.sampled_from([{"sentences": 1}, {"sentences": 3}, {"words": 1}, {"words": 40}]),
    )
    @settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_each_sentence_stands_once_in_the_document_it_cites(
        self, summariser: Summariser, texts: list[str], title: str, size: dict[str, int]
    ) -> None:
        documents = [*(Document(title, text) for text in texts), *DOCUMENTS]
        found = summariser.summarise(documents, sentences=size.get("sentences"), words=size.get("words"))
        assert found
        for sentence in found:
            assert sentence.text.strip()
            assert sentence.text in documents[sentence.document].text
        assert len({sentence.text for sentence in found}) == len(found)
