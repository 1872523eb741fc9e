"""The story that the pictures in docs/ show: whether it is still told as their captions say."""

from bot.model import Stance
from tests.pictures.story import tell


def test_the_pictured_story_is_alerted_then_denied() -> None:
    alert, grown, denial = tell()
    assert (alert.stance, len(alert.sentences), alert.origins) == (Stance.REPORT, 3, 3)
    assert {p.language for p in alert.publications} == {"en", "ur"}
    cited = [grown.publications[sentence.publication].language for sentence in grown.sentences]
    assert (grown.stance, cited) == (Stance.DENY, ["en", "en", "zh"])
    assert (len(grown.publications), grown.origins) == (5, 4)  # one is a copy
    assert denial.headline.endswith(f"Foreign Ministry denies: “{alert.headline}”")
    assert denial.original == grown.sentences[-1].text
