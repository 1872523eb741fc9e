"""The words that every platform shares: labels, badges, counts, footers. Pure; a platform adds only its own looks."""

from bot.model import Alert, FollowUp, Kind, Message, Publication, Stance
from bot.text.spans import count_of

Story = Alert | FollowUp
BADGES = {
    Stance.REPORT: "report",
    Stance.ASSERT: "asserted",
    Stance.CONFIRM: "confirmed",
    Stance.DENY: "denied",
}
MARKS = {Stance.REPORT: "🔵", Stance.ASSERT: "🟠", Stance.CONFIRM: "🟢", Stance.DENY: "🔴"}
REPEATED = "This may be a repeat: the platform did not confirm an earlier attempt."
NOTHING = "Nothing to show"
CUT_SHORT = "There is more. Ask for less: one topic, one story."
NOTICE, DIGEST = "Notice", "Digest"
_VERBS = {Kind.DENIAL: "Denies", Kind.CONFIRMATION: "Confirms"}


def label(message: Story) -> str:
    """Return what kind of message it is, in capitals: ALERT, STORY, UPDATE, DENIAL, CONFIRMATION."""
    if isinstance(message, FollowUp):
        return message.kind.value.upper()
    return "STORY" if message.asked else "ALERT"


def has_buttons(message: Message) -> bool:
    """Return whether a message carries buttons: alerts and answers do, so that a reader can ask for more."""
    match message:
        case Alert():
            return not message.asked
        case FollowUp():
            return message.kind in _VERBS
        case _:
            return False


def heading(message: Story, *, marked: bool = False) -> str:
    """Return the line above a headline: label, topics, badge. ``marked`` puts a coloured mark before the badge."""
    return f"{label(message)} · {' + '.join(message.topics)} · {badge(message, marked=marked)}"


def badge(message: Story, *, marked: bool = False) -> str:
    """Return the word for a message's stance, after a coloured mark if wanted."""
    word = BADGES[message.stance]
    return f"{MARKS[message.stance]} {word}" if marked else word


def headline(message: Story) -> str:
    """Return the headline, or the story's number where there is none."""
    return message.headline or f"Story {message.story}"


def thread_name(message: Story, limit: int) -> str:
    """Return the name of the thread or post of a story, in at most ``limit`` characters."""
    claim = message.claim if isinstance(message, FollowUp) else ""
    return (claim or headline(message))[:limit]


def verb(message: FollowUp) -> str:
    """Return what a follow-up does with the claim that it names: Denies, Confirms or Follows."""
    return _VERBS.get(message.kind, "Follows")


def answer(message: FollowUp) -> str:
    """Return who denies, confirms or follows which claim, in one sentence; '' where neither is known."""
    verb_shown = verb(message)
    named = message.speaker and message.kind in _VERBS
    who = f"{message.speaker} {verb_shown.lower()}" if named else verb_shown
    if message.claim:
        return f"{who} “{message.claim}”"
    return who if named and not message.original else ""


def citation_numbers(message: Story) -> dict[int, int]:
    """Number the publications: those cited first, in the order in which they are cited, then the others."""
    order = [sentence.publication for sentence in message.sentences]
    order += range(len(message.publications))
    return {publication: number for number, publication in enumerate(dict.fromkeys(order), start=1)}


def sources_heading(message: Story) -> str:
    """Return the line above the list of sources."""
    count = len(message.publications)
    if isinstance(message, FollowUp):
        return "Source" if count == 1 else "Sources"
    origins = count_of(message.origins, "independent origin")
    return f"Sources: {count_of(count, 'entry', 'entries')} of {origins}"


def spread(message: Story) -> str:
    """Return how far a story has spread, as a line of a digest."""
    if isinstance(message, FollowUp):
        return count_of(len(message.publications), "source")
    return sources_heading(message)


def digest_line(message: Story, *, marked: bool = False) -> str:
    """Return the line below a story in a digest: badge, spread, and the command that shows all of it."""
    return f"{badge(message, marked=marked)} · {spread(message)} · /story {message.story}"


def footer(message: Story, *, so_far: bool = False) -> str:
    """Return the story's number and the commands about it. ``so_far`` adds how far an alert's story has spread."""
    story = message.story
    count = ""
    if so_far and isinstance(message, Alert) and not message.asked:
        publishers = len({p.publisher for p in message.publications})
        origins = count_of(message.origins, "independent origin")
        count = f": {count_of(publishers, 'publisher')}, {origins} so far"
    return f"Story {story}{count} · {commands(story)}"


def commands(story: int) -> str:
    """Return the commands about a story."""
    return f"/story {story} · /why {story} · /sources {story}"


def more_sources(left: int, story: int) -> str:
    """Return the line for the sources that are not listed."""
    return f"and {left} more: /sources {story}"


def more_stories(left: int) -> str:
    """Return the line for the stories that a digest leaves out."""
    return f"and {left} more: /recent"


def published(publication: Publication) -> str:
    """Return when something was published."""
    return publication.published.strftime("%d %b %Y %H:%M UTC") if publication.published else "undated"


def about(publication: Publication) -> list[str]:
    """Return what is known of a publication besides its publisher: country, ownership, language."""
    return [part for part in (publication.country, publication.ownership, publication.language) if part]
