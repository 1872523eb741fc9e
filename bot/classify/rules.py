"""A topic's rules applied to an entry: which fire, on which words, and with what weight."""

import math
from collections.abc import Iterable, Iterator

from bot.classify.definitions import Rule
from bot.classify.passages import LEAD, Passage, Scene
from bot.classify.vocabulary import Hit
from bot.model import Evidence

_LONGEST_QUOTE = 80  # characters; a longer one is cut to the matched words
# Later sentences of a long text say less about its subject. Factors by position (characters), chosen by hand.
_FADES = ((LEAD, 1.0), (1200, 0.6))
_LAST_FADE = 0.35


def judge(rules: Iterable[Rule], scene: Scene, actors: int) -> list[Evidence]:
    """Return the evidence of every rule that fires, of each family only the strongest, in the rules' order."""
    fired: dict[str, Evidence] = {}
    for rule in rules:
        evidence = _apply(rule, scene, actors)
        if evidence is not None:
            known = fired.get(rule.family)
            if known is None or abs(evidence.weight) > abs(known.weight):
                fired[rule.family] = evidence
    return list(fired.values())


def probability(log_odds: float) -> float:
    """Convert log-odds to a probability, 0..1."""
    return 1.0 / (1.0 + math.exp(-log_odds))


def _apply(rule: Rule, scene: Scene, actors: int) -> Evidence | None:
    if rule.languages and scene.language not in rule.languages:
        return None
    if rule.unless & scene.lead.bits or rule.title_forbids & scene.title.bits:
        return None
    if not _has_all(scene.title.bits, rule.title_needs):
        return None
    for passage in _passages(rule.scope, scene):
        hits = _met(rule, passage, actors)
        if hits is not None:
            weight = rule.weight * (_fade(passage.start) if rule.scope == "sentence" else 1.0)
            return _evidence(rule, weight, hits or passage.hits[:1], scene)
    return None


def _passages(scope: str, scene: Scene) -> Iterator[Passage]:
    if scope == "title":
        yield scene.title
    elif scope == "lead":
        yield scene.lead
    elif scope == "text":
        yield scene.whole
    else:
        yield from scene.sentences


def _fade(start: int) -> float:
    return next((fade for reach, fade in _FADES if start < reach), _LAST_FADE)


def _has_all(bits: int, needs: tuple[int, ...]) -> bool:
    return all(bits & need for need in needs)


def _met(rule: Rule, passage: Passage, actors: int) -> list[Hit] | None:
    """The hits that meet the rule in this passage, or None. The list is empty if the rule only reads the title."""
    if rule.forbids & passage.bits or not _has_all(passage.bits, rule.needs):
        return None
    hits = [next(hit for hit in passage.hits if hit.bits & need) for need in rule.needs]
    if rule.first:
        leader = next((hit for hit in passage.hits if hit.bits & actors), None)
        if leader is None or not leader.bits & rule.first:
            return None
    for group, wanted in rule.counts:
        if _count(passage.hits, group) < wanted:
            return None
        hits += [next(hit for hit in passage.hits if hit.bits & group)]
    if rule.sequence:
        chain = _chain(passage.hits, rule.sequence, rule.gap)
        if chain is None:
            return None
        hits += chain
    if rule.near:
        pair = _nearest(passage.hits, rule.near, rule.gap)
        if pair is None:
            return None
        hits += pair
    return hits


def _count(hits: list[Hit], group: int) -> int:
    """How often the group is named; overlapping words count once."""
    count, reach = 0, -1
    for hit in hits:
        if hit.bits & group and hit.start >= reach:
            count += 1
            reach = hit.end
    return count


def _chain(hits: list[Hit], sequence: tuple[int, ...], gap: int, after: Hit | None = None) -> list[Hit] | None:
    if not sequence:
        return []
    for hit in hits:
        if hit.bits & sequence[0] and (after is None or after.end <= hit.start <= after.end + gap):
            rest = _chain(hits, sequence[1:], gap, hit)
            if rest is not None:
                return [hit, *rest]
    return None


def _nearest(hits: list[Hit], groups: tuple[int, ...], gap: int) -> list[Hit] | None:
    """Two hits of the first two groups (in either order, not the same words) at most ``gap`` characters apart."""
    first, second = groups[0], groups[1]
    for one in hits:
        if one.bits & first:
            for other in hits:
                apart = max(other.start - one.end, one.start - other.end)
                if other.bits & second and other is not one and 0 <= apart <= gap:
                    return [one, other]
    return None


def _evidence(rule: Rule, weight: float, hits: list[Hit], scene: Scene) -> Evidence:
    if not hits:
        return Evidence(rule.name, "", "", 0, 0, weight)
    ordered = sorted(set(hits))
    in_title = ordered[0].start < scene.title_length
    ordered = [hit for hit in ordered if (hit.start < scene.title_length) == in_title]
    start, end = ordered[0].start, max(hit.end for hit in ordered)
    quote = scene.text[start:end]
    if len(quote) > _LONGEST_QUOTE:
        quote = " … ".join(dict.fromkeys(scene.text[hit.start : hit.end] for hit in ordered))
    offset = 0 if in_title else scene.title_length + 1
    return Evidence(rule.name, quote, "title" if in_title else "text", start - offset, end - offset, round(weight, 2))
