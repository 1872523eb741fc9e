"""What every summariser promises: at most what was asked for, and every sentence cites a document that is there."""

import pytest

from bot.model import Document
from bot.ports import Summariser
from bot.summarise.extractive import ExtractiveSummariser

SUMMARISERS = [pytest.param(ExtractiveSummariser(), id="extractive")]
DOCUMENTS = (
    Document("Kiln fails", "The kiln at Dunmore failed on Monday. Output fell by a third. Repairs take a month."),
    Document("Dunmore output falls", "Output at Dunmore fell by a third after a kiln failed. Buyers look elsewhere."),
    Document("", ""),
)


@pytest.mark.parametrize("summariser", SUMMARISERS)
class TestSummariser:
    @pytest.mark.parametrize("most", [1, 2, 9])
    def test_no_more_sentences_than_asked_for(self, summariser: Summariser, most: int) -> None:
        found = summariser.summarise(DOCUMENTS, sentences=most)
        assert 1 <= len(found) <= most

    def test_each_sentence_stands_in_the_document_it_cites(self, summariser: Summariser) -> None:
        for sentence in summariser.summarise(DOCUMENTS, sentences=4):
            assert sentence.text in DOCUMENTS[sentence.document].text

    def test_a_size_in_words(self, summariser: Summariser) -> None:
        assert 1 <= sum(len(s.text.split()) for s in summariser.summarise(DOCUMENTS, words=8)) <= 24

    def test_nothing_gives_nothing(self, summariser: Summariser) -> None:
        assert summariser.summarise((), sentences=3) == ()
