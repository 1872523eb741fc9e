"""Entry → one match for each topic, matched or not, with the evidence that explains it."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import replace
from functools import reduce
from operator import or_

from bot.classify.definitions import TopicDefinition
from bot.classify.folding import fold
from bot.classify.passages import EXAMINED, LONGEST_TITLE, scene
from bot.classify.rules import judge, probability
from bot.classify.vocabulary import Anchors, Vocabulary
from bot.errors import ConfigError
from bot.model import Entry, Evidence, Match
from bot.text.language import detect

_MISSING = "not named: "  # begins the rule of evidence that says what a topic missed


def adjust(topic: TopicDefinition, changes: Mapping[str, float]) -> TopicDefinition:
    """Return the topic with ``changes`` (log-odds by rule) added to its weights; unknown rules are ignored."""
    rules = tuple(replace(rule, weight=rule.weight + changes.get(rule.name, 0.0)) for rule in topic.rules)
    return replace(topic, rules=rules) if changes else topic


class Classifier:
    """Matches entries with topics. Compiled once; then pure, and safe to share between threads."""

    def __init__(self, topics: Iterable[TopicDefinition], *, thresholds: Mapping[str, float] | None = None) -> None:
        """``thresholds`` (0..1, by topic id) replace the topics' own.

        Raises ConfigError for a threshold of an unknown topic, or one outside 0..1.
        """
        self.topics = tuple(topics)
        self._anchors = Anchors(self.topics)
        self._vocabularies = [Vocabulary(topic) for topic in self.topics]
        self._set(thresholds or {})

    def adjusted(
        self, thresholds: Mapping[str, float], changes: Mapping[str, Mapping[str, float]] | None = None
    ) -> "Classifier":
        """Return a classifier with other thresholds and weights that shares the compiled words.

        ``changes`` (log-odds by topic and rule) are added to the topics' own weights. Raises ConfigError, as the
        constructor does.
        """
        made = copy(self)
        made.topics = tuple(adjust(topic, (changes or {}).get(topic.id, {})) for topic in self.topics)
        made._set(thresholds)  # noqa: SLF001 - its own class
        return made

    def _set(self, given: Mapping[str, float]) -> None:
        for name, value in given.items():
            if name not in {topic.id for topic in self.topics}:
                known = ", ".join(topic.id for topic in self.topics)
                raise ConfigError(f"threshold for an unknown topic {name!r}; known topics: {known}")
            if not 0 <= value <= 1:
                raise ConfigError(f"threshold of {name!r} is {value:g}; expected a number from 0 to 1")
        self._thresholds = [given.get(topic.id, topic.threshold) for topic in self.topics]
        self._silent = [
            self._match(index, [_missing(topic, 0)] if topic.needs else []) for index, topic in enumerate(self.topics)
        ]

    def classify(self, entry: Entry) -> tuple[Match, ...]:
        """Return one match for each topic, in the topics' order.

        A gate comes first: an entry without any of a topic's needed words is not read further for it.
        """
        title = entry.title[:LONGEST_TITLE]
        text = f"{title}\n{entry.text[:EXAMINED]}"
        folded = fold(text)
        candidates = self._anchors.find(text, folded.text)
        if not candidates:
            return tuple(self._silent)
        language = detect(text, entry.language)
        matches = []
        for index, topic in enumerate(self.topics):
            if not candidates >> index & 1:
                matches.append(self._silent[index])
                continue
            hits = self._vocabularies[index].find(text, folded, language)
            seen = scene(text, len(title), entry.publisher, language, hits)
            absent = next((rank for rank, need in enumerate(topic.needs) if not need & seen.whole.bits), None)
            if absent is not None:
                matches.append(self._match(index, [_missing(topic, absent)]))
                continue
            matches.append(self._match(index, judge(topic.rules, seen, topic.actors)))
        return tuple(matches)

    def noticed(self, matches: Iterable[Match]) -> bool:
        """Whether an entry with these matches passed the gate of at least one topic."""
        return any(match is not silent for match, silent in zip(matches, self._silent, strict=True))

    def _match(self, index: int, evidence: list[Evidence]) -> Match:
        topic = self.topics[index]
        score = round(probability(topic.prior + sum(part.weight for part in evidence)), 4)
        missing = any(part.rule.startswith(_MISSING) for part in evidence)
        matched = score >= self._thresholds[index] and not missing
        return Match(topic.id, score, matched, tuple(evidence))


def _missing(topic: TopicDefinition, rank: int) -> Evidence:
    others = reduce(or_, topic.needs[:rank] + topic.needs[rank + 1 :], 0)
    about = [group.about for group in topic.groups if group.bits & topic.needs[rank] and not group.bits & others]
    return Evidence(_MISSING + " or ".join(list(dict.fromkeys(about))[:2]), "", "", 0, 0, 0.0)


def explain(match: Match) -> str:
    """Return why the entry matched the topic, or why not: one line for a person, strongest reasons first."""
    verdict = "matches" if match.matched else "does not match"
    parts = sorted(match.evidence, key=lambda part: -abs(part.weight))
    reasons = (
        "; ".join(map(_reason, parts)) or "it contains the topic's words, but no rule found them to be the subject"
    )
    return f"{match.topic} {verdict} ({match.score:.2f}): {reasons}"


def _reason(part: Evidence) -> str:
    if not part.weight:
        return part.rule
    quote = f" “{part.text}”" if part.text else ""
    return f"{part.weight:+.1f} {part.rule}{quote}"


def reason(match: Match) -> str:
    """Return only the strongest reason, for the one line of an alert."""
    strongest = max(match.evidence, key=lambda part: part.weight, default=None)
    return f"{match.topic}: {strongest.rule} “{strongest.text}”" if strongest else match.topic
