"""The lists of words that come with the program."""

from collections import Counter
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

import pytest
import yaml

FOLDERS = (resources.files("bot.classify") / "topics", resources.files("bot.languages") / "words")
FILES = [file for folder in FOLDERS for file in folder.iterdir() if file.name.endswith(".yaml")]


def lists(node: object) -> Iterator[list[str]]:
    if isinstance(node, dict):
        for value in node.values():
            yield from lists(value)
    elif isinstance(node, list):
        yield [item for item in node if isinstance(item, str)]
        for item in node:
            yield from lists(item)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_word_stands_twice_in_a_list(file: Traversable) -> None:
    found = list(lists(yaml.safe_load(file.read_text(encoding="utf-8"))))
    assert found
    assert [word for words in found for word, times in Counter(words).items() if times > 1] == []
