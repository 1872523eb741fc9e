"""Topics of one's own, from the typed command to the alert: test, draft, save, subscribe, delete."""

import pytest

from bot.commands import Commands
from bot.commands.topics import MOST_OF_ONE
from bot.errors import CommandError
from bot.model import Asker, Channel
from tests.integration.test_commands import DESK, GUEST, commands, words

__all__ = ["commands"]

ORE = '/topic new ore "rare earth" AND (ore OR samples)'


async def said(commands: Commands, typed: str, asker: Asker = DESK) -> str:
    return words(await commands.run(typed, asker))


async def refusal(commands: Commands, typed: str, asker: Asker = DESK) -> str:
    with pytest.raises(CommandError) as caught:
        await commands.run(typed, asker)
    return str(caught.value)


async def test_a_query_is_tested_on_the_stored_past(commands: Commands) -> None:
    text = await said(commands, '/topic test "rare earth" NOT cricket')
    assert "matched 2 of 3 entries and alerted on 1 story" in text
    assert "Pakistan ships rare earth samples to US firm" in text
    assert "matched 1 of 3 entries" in await said(commands, "/topic test multan")
    assert "matched 0 of 3 entries and alerted on 0 stories, 0.0 a day" in await said(commands, "/topic test zinc")


async def test_a_draft_alerts_nobody_until_it_is_saved(commands: Commands) -> None:
    assert "/topic save ore makes it live" in await said(commands, ORE)
    assert "ore" not in commands.topics
    assert "'ore' is not a topic" in await refusal(commands, "/subscribe ore")
    assert "/subscribe ore" in await said(commands, "/topic save ore")
    assert "ore" in commands.topics
    assert "Subscribed to ore" in await said(commands, "/subscribe ore")
    assert "Own topic" in await said(commands, "/topics")
    assert "Made by ann" in await said(commands, "/topic show ore")


async def test_deleting_a_topic_ends_its_subscriptions(commands: Commands) -> None:
    for typed in (ORE, "/topic save ore", "/subscribe ore"):
        await commands.run(typed, DESK)
    assert "1 subscription ended" in await said(commands, "/topic delete ore")
    assert "ore" not in commands.topics
    assert "no subscriptions" in await said(commands, "/subscriptions")


async def test_a_minimum_score_is_tested_before_it_is_set(commands: Commands) -> None:
    assert "matched 2 of 3 entries" in await said(commands, "/topic test rare-earths score=0.1")
    assert "matched 0 of 3 entries" in await said(commands, "/topic test rare-earths score=1")
    every = await said(commands, "/topic test rare-earths score=0")  # no score lets through what is below the threshold
    assert "matched 2 of 3 entries" in every
    assert every == await said(commands, "/topic test Rare-Earths")
    assert every.endswith("/subscribe rare-earths")


async def test_quotation_marks_of_telephones_are_read(commands: Commands) -> None:
    assert "matched 2 of 3" in await said(commands, "/topic test “rare earth”")


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("/topic", "Usage: /topic new NAME QUERY"),
        ("/topic new ore", "Usage: /topic new NAME QUERY"),
        ("/topic fold ore x", "Usage: /topic new NAME QUERY"),
        ("/topic new Kupfer! copper", "'kupfer!' cannot name a topic"),
        ("/topic new rare-earths copper", "rare-earths has a meaning already"),
        ("/topic new all copper", "all has a meaning already"),
        ("/topic new ore (copper", "a closing parenthesis is missing. (copper👉"),
        ("/topic save ore", "There is no own topic ore."),
        ("/topic delete ore more", "Too many words: 'more'"),
        ("/topic test rare-earths score=2", "score=2 is not a number from 0 to 1"),
    ],
)
async def test_what_cannot_be_done_is_said(commands: Commands, typed: str, complaint: str) -> None:
    assert complaint in await refusal(commands, typed)


async def test_a_live_topic_is_not_replaced_by_accident(commands: Commands) -> None:
    for typed in (ORE, "/topic save ore"):
        await commands.run(typed, DESK)
    assert "There is a topic ore already" in await refusal(commands, "/topic new ore zinc")


@pytest.mark.parametrize("typed", [ORE, "/topic save ore", "/topic delete ore"])
async def test_only_those_who_may_change_topics(commands: Commands, typed: str) -> None:
    assert "You may not change topics here" in await refusal(commands, typed, GUEST)


async def test_in_private_people_change_their_own_topics_and_no_others(commands: Commands) -> None:
    ben = Asker(Channel("slack", "D1"), "ben", may_edit=False, advice="ask ann")
    await commands.run(ORE, DESK)
    for typed in (ORE, "/topic save ore", "/topic delete ore"):
        assert await refusal(commands, typed, ben) == "Somebody else made the topic ore; ask ann."
    for number in range(MOST_OF_ONE):
        await commands.run(f"/topic new zinc-{number} zinc", ben)
    assert f"You have made {MOST_OF_ONE} topics: zinc-0, " in await refusal(commands, "/topic new tin tin", ben)
    assert "Saved zinc-0" in await said(commands, "/topic save zinc-0", ben)
    assert "Deleted zinc-0" in await said(commands, "/topic delete zinc-0", ben)
    assert "Deleted zinc-1" in await said(commands, "/topic delete zinc-1", DESK)
    await commands.run("/topic new tin tin", ben)
