"""``monazite classify|stories|summarise`` as another program uses them: through pipes, line by line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

ENTRY = {
    "id": "a1",
    "title": "Pakistan ships rare earth samples to US firm",
    "summary": "The consignment left Karachi on Monday, the company said.",
    "source": "The Ledger",
    "url": "https://ledger.example/1",
    "published": "2025-10-02T09:00:00Z",
}
DENIAL = {
    "id": 2,
    "title": "China denies its tools dug the rare earths Pakistan sent to the US firm",
    "published": "Mon, 06 Oct 2025 07:40:00 GMT",
}
CRICKET = {"id": 3.5, "title": "Batters rescue the test in Multan", "lang": "en"}


def run(name: str, lines: Iterable[object], folder: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    text = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return subprocess.run(
        [sys.executable, "-m", "bot", name],
        input=text + b"\n",
        capture_output=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd()), "MONAZITE_EMBEDDINGS": "off", **env},
        check=False,
    )


def answers(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def complaints(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert done.returncode == 1
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_classify_answers_each_line_with_topics_and_stance(tmp_path: Path) -> None:
    first, second, third = answers(run("classify", [ENTRY, DENIAL, CRICKET], tmp_path))
    assert first.keys() == {"id", "lang", "topics", "stance", "speaker"}
    assert (first["id"], second["id"], third["id"]) == ("a1", 2, 3.5)
    assert first["lang"] == "en"
    assert first["topics"].keys() == {"rare-earths", "china-pakistan-us"}
    for topic in first["topics"].values():
        assert topic["match"]
        assert 0.5 <= topic["score"] <= 1
        for part in topic["evidence"]:
            assert part["text"] in f"{ENTRY['title']} {ENTRY['summary']}"
    assert (second["stance"], second["speaker"]) == ("deny", "China")
    assert not any(topic["match"] for topic in third["topics"].values())


def test_a_setting_of_the_bot_holds_for_the_filter(tmp_path: Path) -> None:
    talks = {"id": 1, "title": "Vance lands in Islamabad for second round of US-Iran talks"}
    plain, counting = (
        run("classify", [talks], tmp_path),
        run("classify", [talks], tmp_path, MONAZITE_MEDIATION_COUNTS="true"),
    )
    assert [answers(done)[0]["topics"]["china-pakistan-us"]["match"] for done in (plain, counting)] == [False, True]


def test_stories_gives_story_relation_and_what_is_answered(tmp_path: Path) -> None:
    again = {
        **ENTRY,
        "id": "a2",
        "source": "The Post",
        "url": "https://post.example/9",
        "published": "2025-10-02T11:00:00Z",
    }
    found = answers(run("stories", [ENTRY, again, CRICKET, DENIAL], tmp_path))
    assert found[0] == {"id": "a1", "story": found[0]["story"], "relation": "new", "of": None}
    assert found[1] == {"id": "a2", "story": found[0]["story"], "relation": "copy", "of": "a1"}
    assert found[2]["relation"] == "new"
    assert found[2]["story"] != found[0]["story"]
    assert found[3] == {"id": 2, "story": found[0]["story"], "relation": "denial", "of": "a1"}


def test_summarise_quotes_the_documents(tmp_path: Path) -> None:
    documents = [
        {"title": "Kiln fails", "text": "The kiln at Dunmore failed on Monday. Repairs take a month."},
        {"text": "Output at Dunmore fell by a third after a kiln failed. Buyers look elsewhere."},
    ]
    by_count, by_words = answers(
        run(
            "summarise",
            [{"id": 1, "documents": documents, "sentences": 2}, {"id": 2, "documents": documents, "words": 5}],
            tmp_path,
        )
    )
    assert len(by_count["summary"]) == 2
    for sentence in by_count["summary"] + by_words["summary"]:
        assert sentence.keys() == {"text", "document"}
        assert sentence["text"] in documents[sentence["document"]]["text"]


BAD = [
    (b"{", "not JSON"),
    (b"[1]", "a JSON object is expected, not a list"),
    (b"\xff\xfe", "not UTF-8"),
    (b'{"title": "x"}', "id is missing"),
    (b'{"id": true, "title": "x"}', "id must be a string or a number"),
    (b'{"id": 1}', "title is missing"),
    (b'{"id": 1, "title": 7}', "title must be a string, not a number"),
    (b'{"id": NaN, "title": "x"}', "NaN is not a JSON value"),
    (b"[" * 100_000, "nested too deeply"),
]


@pytest.mark.parametrize("name", ["classify", "stories"])
def test_bad_lines_are_named_and_the_rest_goes_on(name: str, tmp_path: Path) -> None:
    done = run(name, [ENTRY, *(line for line, _ in BAD), b"", CRICKET], tmp_path)
    said = complaints(done)
    assert [complaint["line"] for complaint in said] == list(range(2, 2 + len(BAD)))
    for complaint, (_, words) in zip(said, BAD, strict=True):
        assert complaint.keys() == {"error", "line"}
        assert words in complaint["error"]
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["a1", 3.5]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"id": 1, "sentences": 2}, "documents must be a list"),
        ({"id": 1, "documents": [], "sentences": 2}, "documents is empty"),
        ({"id": 1, "documents": [{"title": "x"}], "sentences": 2}, "documents[0].text must be a string, not null"),
        ({"id": 1, "documents": [{"text": "x"}]}, "give either sentences or words"),
        ({"id": 1, "documents": [{"text": "x"}], "words": 0}, "words must be a whole number of 1 or more"),
    ],
)
def test_bad_documents(row: object, words: str, tmp_path: Path) -> None:
    (complaint,) = complaints(run("summarise", [row], tmp_path))
    assert words in complaint["error"]


def test_a_date_that_is_none_is_named(tmp_path: Path) -> None:
    (complaint,) = complaints(run("stories", [{**ENTRY, "published": "tomorrow-ish"}], tmp_path))
    assert "published is no date: tomorrow-ish" in complaint["error"]


def test_wrong_settings_get_one_line(tmp_path: Path) -> None:
    done = run("classify", [ENTRY], tmp_path, MONAZITE_EMBEDDINGS="perhaps")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[0].startswith("monazite: MONAZITE_EMBEDDINGS")
    assert b"Traceback" not in done.stderr


def test_nothing_in_nothing_out(tmp_path: Path) -> None:
    assert answers(run("classify", [], tmp_path)) == []


def test_answers_stream_and_a_reader_that_leaves_ends_it_quietly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "classify"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe, cwd=tmp_path, env=environment
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stderr
        for line in (ENTRY, CRICKET):  # the answer to each comes before the next is sent
            child.stdin.write(json.dumps(line).encode() + b"\n")
            assert json.loads(child.stdout.readline())["id"] == line["id"]
        child.stdout.close()
        with suppress(BrokenPipeError):
            for _ in range(1000):
                child.stdin.write(json.dumps(ENTRY).encode() + b"\n")
        assert child.stderr.read() == b""
