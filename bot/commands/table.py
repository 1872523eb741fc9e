"""The commands as people see them, and the buttons under alerts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command as people see it: name, what may follow it, and one line of help."""

    name: str
    usage: str
    help: str


COMMANDS = (
    Command("summary", "[topic] [window]", "What happened: cited summaries of the stories of the last 24h, 7d, …"),
    Command(
        "subscribe",
        "TOPIC [score=0.7] [lang=en,zh] [digest=08:00] [quiet=22:00-07:00] [zone=Asia/Karachi] [denials=channel]",
        "Post alerts on a topic in this channel: at once, or in a daily digest.",
    ),
    Command("unsubscribe", "TOPIC | all", "Stop posting alerts on a topic in this channel."),
    Command("subscriptions", "", "What this channel is subscribed to."),
    Command("topics", "", "The topics that can be subscribed to."),
    Command("topic", "new NAME QUERY | test QUERY | save NAME | show NAME | delete NAME", "Make a topic of your own."),
    Command("recent", "[topic]", "The latest stories, with their numbers."),
    Command(
        "story",
        "NUMBER | mute NUMBER | merge NUMBER NUMBER | split ENTRY",
        "One story: who said what, when, where; or put right.",
    ),
    Command("why", "NUMBER [right | wrong] | ADDRESS", "Why a story alerted, or why not; and whether that was useful."),
    Command("sources", "[NUMBER | FEED]", "The feeds that are polled, one of them, or the publishers of one story."),
    Command("quality", "", "How good and how fast alerts are, as far as it was measured."),
    Command("status", "", "Show the bot's status."),
    Command("help", "[command]", "This list, or one command's usage."),
)


@dataclass(frozen=True, slots=True)
class Action:
    """A button under an alert: its name, what stands on it, and the command that it stands for."""

    name: str
    label: str
    typed: str

    def command(self, story: int) -> str:
        """The command for one story, as it would be typed."""
        return self.typed.format(story=story)


ACTIONS = (
    Action("summary", "Summary", "/story {story}"),
    Action("sources", "Sources", "/sources {story}"),
    Action("why", "Why", "/why {story}"),
    Action("useful", "Useful", "/why {story} right"),
    Action("useless", "Not useful", "/why {story} wrong"),
    Action("mute", "Mute story", "/story mute {story}"),
)
