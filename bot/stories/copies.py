"""Whether an entry is another's wording, or only says again what a story said."""

from bot.model import Stance
from bot.stories.profile import Profile

_SAME_WORDING = 0.5  # of the shorter text's shingles: datelines and cuts differ, sentences do not
_SAME_TITLE = 0.75  # of the terms of both titles, where no texts tell
_LIKE_TITLE = 0.5  # of the terms of both titles, where the texts' wording agrees in part
_FEWEST = 4  # terms of a title that can be told from another's
_REPEATS = 0.6  # cosine of terms from which a paraphrase of a headline brings nothing new
_ANSWERS = {Stance.DENY, Stance.CONFIRM}
_SPAN = 3 * 86400.0  # seconds; a title that comes again later is a column's, or news again


def copied(one: Profile, other: Profile) -> bool:
    """Whether both carry the same wire text: the wording of the texts, or of the titles where a text is missing.

    Titles say little where both texts are known and differ: each newsroom writes its own over the same dispatch, and
    columns repeat theirs over new texts.
    """
    if one.time is not None and other.time is not None and abs(one.time - other.time) > _SPAN:
        return False
    if one.wording and other.wording:
        shared = len(one.wording & other.wording) / min(len(one.wording), len(other.wording))
        return shared >= _SAME_WORDING or (shared >= _SAME_WORDING / 2 and _titles(one, other) >= _LIKE_TITLE)
    if one.entry.stance != other.entry.stance and {one.entry.stance, other.entry.stance} & _ANSWERS:
        return False  # one word makes a headline's denial of it
    return _titles(one, other) >= _SAME_TITLE


def repeats(one: Profile, other: Profile, cosine: float) -> bool:
    """Whether ``one`` only says again what ``other`` said: the same language, nearly the same terms, no new number."""
    if cosine < _REPEATS or one.language != other.language:
        return False
    return one.entry.stance == other.entry.stance and not one.numbers() - other.numbers()


def _titles(one: Profile, other: Profile) -> float:
    """Jaccard index of the titles' terms; 0 where one has too few."""
    shorter = min(len(one.title_terms), len(other.title_terms))
    if shorter < _FEWEST and one.title_terms != other.title_terms:
        return 0.0
    return len(one.title_terms & other.title_terms) / (len(one.title_terms | other.title_terms) or 1)
