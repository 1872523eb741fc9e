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


@pytest.mark.parametrize("name", ["classify", "stories"])
@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("published", "soon", "published is not a date: soon; expected one such as 2025-10-13T07:40:00Z"),
        ("ts", "yesterday", "ts is not a date: yesterday; expected one such as 2025-10-13T07:40:00Z"),
        ("published", 1760000000, "published must be a string, not a number"),
    ],
)
def test_a_wrong_date_is_refused_and_the_rest_goes_on(
    tmp_path: Path, name: str, key: str, value: object, said: str
) -> None:
    wrong = {"id": 9, "title": "Rain", key: value}
    undated = {"id": 4, "title": "Rain", "published": None, "ts": ""}
    done = run(name, [ENTRY, wrong, CRICKET, DENIAL, undated], tmp_path)
    assert complaints(done) == [{"error": said, "line": 2}]
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["a1", 3.5, 2, 4]


def test_a_stance_is_looked_for_where_a_topic_is_named(tmp_path: Path) -> None:
    denied = {"id": 1, "title": "Lisbon club denies transfer talks with its striker"}
    about = {"id": 2, "title": "Beijing denies plan for a naval base in Gwadar"}
    plain, named = answers(run("classify", [denied, about], tmp_path))
    assert (plain["stance"], plain["speaker"]) == ("report", None)
    assert (named["stance"], named["speaker"]) == ("deny", "Beijing")


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
    (b'{"id": 1, "title": "x", "url": ["https://ledger.example/1"]}', "url must be a string, not a list"),
    (b'{"id": NaN, "title": "x"}', "NaN is not a JSON value"),
    (b'{"id": 1e999, "title": "x"}', "id is too large a number"),
    (b'{"id": 1, "title": "cut off', "not JSON"),
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


TEXT = [{"text": "The kiln at Dunmore failed on Monday."}]
BAD_DOCUMENTS: list[tuple[dict[str, Any], str]] = [
    ({"sentences": 2}, "documents must be a list"),
    ({"documents": {"text": "x"}, "sentences": 2}, "documents must be a list of objects with a text, not an object"),
    ({"documents": [], "sentences": 2}, "documents is empty"),
    ({"documents": ["x"], "sentences": 2}, "documents[0] must be an object with a text, not a string"),
    ({"documents": [*TEXT, {"title": "x"}], "sentences": 2}, "documents[1].text must be a string, not null"),
    ({"documents": TEXT}, "give either sentences or words"),
    ({"documents": TEXT, "sentences": 1, "words": 9}, "give either sentences or words"),
    ({"documents": TEXT, "words": 0}, "words must be a whole number of 1 or more"),
    ({"documents": TEXT, "sentences": "two"}, 'sentences must be a whole number of 1 or more, not "two"'),
    ({"documents": TEXT, "sentences": True}, "sentences must be a whole number of 1 or more, not true"),
]


def test_bad_documents_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = {"id": "good", "documents": TEXT, "sentences": 1}
    done = run("summarise", [*({"id": 1, **row} for row, _ in BAD_DOCUMENTS), good, good], tmp_path)
    for number, (complaint, (_, words)) in enumerate(zip(complaints(done), BAD_DOCUMENTS, strict=True), 1):
        assert complaint["line"] == number
        assert words in complaint["error"]
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["good", "good"]


def test_dates_are_read_as_they_are_written(tmp_path: Path) -> None:
    """A headline that comes again is the same story, and two months later another: so both dates were understood."""
    october = ["2025-10-03", "20251003", "Fri, 03 Oct 2025 07:40:00 GMT", "03 Oct 2025,Friday", "October 03, 2025"]
    december = ["2025-12-03", "20251203", "Wed, 03 Dec 2025 07:40:00 GMT", "3 December 2025", "Dec 03, 2025"]
    places = ["Dunmore kiln", "Elstow harbour", "Larkhaven library", "Multan theatre", "Brindleford airport"]
    titles = [f"{place} reopens after the repair of its roof" for place in places]
    moments = [["2025-10-02T09:00:00Z"] * 5, october, december]
    rows = [{"title": title, "published": day} for days in moments for title, day in zip(titles, days, strict=True)]
    found = answers(run("stories", [{"id": number, **row} for number, row in enumerate(rows)], tmp_path))
    for first, soon, late in zip(found[:5], found[5:10], found[10:], strict=True):
        assert (soon["story"], soon["relation"], soon["of"]) == (first["story"], "copy", first["id"])
        assert late["story"] != first["story"]


def test_in_stories_what_is_no_date_is_named_and_an_id_may_come_again(tmp_path: Path) -> None:
    dates = ["tomorrow-ish", "6 Oct 99999999999 07:40:00 GMT"]
    wrong = [*({**ENTRY, "id": date, "published": date} for date in dates), ENTRY]
    done = run("stories", [ENTRY, *wrong, CRICKET], tmp_path)
    no_date, nor_this = complaints(done)
    assert "published is not a date: tomorrow-ish" in no_date["error"]
    assert "published is not a date: 6 Oct 9999" in nor_this["error"]
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["a1", "a1", 3.5]


def test_a_line_too_long_to_be_meant_is_named(tmp_path: Path) -> None:
    long = json.dumps({"id": 1, "title": "ore " * 5_000_000}).encode()
    done = run("classify", [ENTRY, long, CRICKET], tmp_path)
    (complaint,) = complaints(done)
    assert complaint["line"] == 2
    assert complaint["error"].startswith("longer than 16 MB")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["a1", 3.5]


def test_wrong_settings_get_one_line(tmp_path: Path) -> None:
    done = run("classify", [ENTRY], tmp_path, MONAZITE_EMBEDDINGS="perhaps")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[0].startswith("monazite: MONAZITE_EMBEDDINGS")
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["classify", "stories", "summarise"])
def test_nothing_in_nothing_out(name: str, tmp_path: Path) -> None:
    assert answers(run(name, [b"", b"  "], tmp_path)) == []


@pytest.mark.parametrize("name", ["classify", "stories", "summarise"])
def test_answers_stream_and_a_reader_that_leaves_ends_it_quietly(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", name]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd()), "MONAZITE_EMBEDDINGS": "off"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe, cwd=tmp_path, env=environment
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stderr
        for line in (ENTRY, CRICKET):  # the answer to each comes before the next is sent
            child.stdin.write(json.dumps({**line, "documents": TEXT, "words": 9}).encode() + b"\n")
            assert json.loads(child.stdout.readline())["id"] == line["id"]
        child.stdout.close()
        with suppress(BrokenPipeError):
            for number in range(1000):
                child.stdin.write(json.dumps({**ENTRY, "id": number, "documents": TEXT, "words": 9}).encode() + b"\n")
        assert child.stderr.read() == b""
