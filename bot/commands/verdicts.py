"""What people think of alerts, and how good the bot is by what was measured."""

from collections.abc import Sequence
from datetime import timedelta
from statistics import quantiles

from bot.errors import CommandError
from bot.model import Asker, Reply, Table, Text
from bot.ports import Clock
from bot.storage import outbox, quality, stories, subscriptions
from bot.storage.database import Database
from bot.text.spans import ago, duration_words

_RECENT = timedelta(days=30)


class Review:
    """Takes verdicts on alerts, and shows the figures of quality."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def judge(self, story_id: int, asker: Asker, *, useful: bool) -> Reply:
        """Store whether a story's alert was useful. Raises CommandError where it was not told of here."""
        async with self._database.write() as tx:
            if not await stories.filed(tx, story_ids=[story_id]):
                raise CommandError(f"There is no story {story_id}. /recent lists the latest ones.")
            if asker.channel not in await outbox.channels_told(tx, story_id):
                raise CommandError(f"Story {story_id} was not posted here; where it was, it can be judged.")
            await quality.judge(tx, asker.channel, asker.user, story_id, useful=useful, now=self._clock())
        word = "useful" if useful else "not useful"
        text = "It is stored, and can be changed by saying so again; 'monazite learn' makes thresholds of verdicts."
        return Reply(f"Story {story_id}: {word}", (Text(text),), private=True)

    async def mute(self, story_id: int, asker: Asker, *, silent: bool) -> Reply:
        """Tell the asker's channel nothing more of a story, or tell it again. Raises CommandError where it cannot."""
        if not asker.may_manage:
            raise CommandError(f"You may not mute stories here; {asker.advice}.")
        async with self._database.write() as tx:
            if not await stories.filed(tx, story_ids=[story_id]):
                raise CommandError(f"There is no story {story_id}. /recent lists the latest ones.")
            if silent:
                await subscriptions.mute(tx, asker.channel, story_id)
            elif not await subscriptions.unmute(tx, asker.channel, story_id):
                raise CommandError(f"Story {story_id} is not muted here.")
        if silent:
            text = f"Nothing more of it is posted here; /story unmute {story_id} changes that."
            return Reply(f"Story {story_id} is muted", (Text(text),))
        return Reply(f"Story {story_id} is followed again")

    async def quality(self) -> Reply:
        """The last evaluations, what people think of alerts, and how fast alerts are."""
        now = self._clock()
        async with self._database.read() as tx:
            done = await quality.evaluations(tx)
            useful, useless = await quality.count_verdicts(tx, now - _RECENT)
            delays = await quality.delays(tx, now - _RECENT)
            alerts, again = await quality.count_alerts(tx, now - _RECENT)
        judged = useful + useless
        rows = [
            ("Alerts sent", str(alerts)),
            ("Told again", f"{again} ({again / alerts:.0%}), put together by /story merge" if again else "none found"),
            ("Judged", f"{judged}, of them {useless} not useful ({useless / judged:.0%})" if judged else "none yet"),
            ("From publication to post", _spread([published for published, _ in delays])),
            ("From first sight to post", _spread([seen for _, seen in delays])),
        ]
        figures = tuple(
            (one.subject, name, f"{value:.3g}" if value < 1 else f"{value:.1f}", ago(now - one.created))
            for one in done
            for name, value in one.figures.items()
        )
        parts: list[Text | Table] = [Table(("What", "Last 30 days"), tuple(rows))]
        if figures:
            parts.append(Table(("Evaluation", "Figure", "Value", "Measured"), figures))
        else:
            parts.append(Text("No evaluation is stored: 'monazite eval topics FILE' makes one."))
        return Reply("Quality", tuple(parts))


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "nothing sent"
    if len(seconds) == 1:
        return duration_words(timedelta(seconds=seconds[0]))
    cuts = quantiles(seconds, n=20, method="inclusive")
    half, most = (duration_words(timedelta(seconds=cuts[place])) for place in (9, 18))
    return f"half within {half}, 95 % within {most}"
