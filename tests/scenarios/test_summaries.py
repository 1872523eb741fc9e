"""What an alert says where its feed says little: the page's text, and a model's words where one is asked."""

from collections.abc import AsyncIterator

import pytest

from tests.loopback import Loopback, reply
from tests.loopback_llm import KEY, LoopbackModel, loopback_model
from tests.scenarios.conftest import OLD, Bot, document
from tests.scenarios.test_program import polled

PAGE = """<html><head><title>Kiln</title></head><body><nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<article>
<h1>Rare earth kiln fails at Dunmore</h1>
<p>The rare earth kiln at Dunmore failed on Friday after a fire in the solvent hall, its owner Elstow Mining said.</p>
<p>Nobody was hurt, but about 40 tonnes of terbium oxide are lost, and buyers in three countries look elsewhere.</p>
<p>Elstow Mining expects the repairs to take nine weeks, since the lining has to come from abroad by ship.</p>
<p>The town council meets on Monday to hear from the fire brigade, which had asked for a second exit last year.</p>
</article><footer>All rights reserved</footer></body></html>"""


@pytest.fixture
async def model() -> AsyncIterator[LoopbackModel]:
    async with loopback_model() as state:
        yield state


async def publish(bot: Bot, publisher: Loopback) -> None:
    """Publish a teaser whose page says more, once the bot has polled the feed."""
    address = publisher.url("/kiln")
    teaser = f"<item><title>Rare earth kiln fails at Dunmore</title><link>{address}</link><guid>kiln</guid></item>"
    publisher.answers["/kiln"] = reply(body=PAGE.encode(), Content_Type="text/html; charset=utf-8")
    await bot.start()
    await polled(publisher)
    publisher.answers["/rss"] = document(teaser, OLD)
    await bot.until("ALERT")
    await bot.until("Ask: /story 1")


async def test_the_page_is_read_where_the_feed_only_teases(bot: Bot, publisher: Loopback) -> None:
    await publish(bot, publisher)
    assert "40 tonnes of terbium oxide" in bot.output
    assert "Sport" not in bot.output
    assert [asked.path for asked in publisher.asked if asked.path != "/rss"] == ["/robots.txt", "/kiln"]


async def test_robots_txt_is_obeyed(bot: Bot, publisher: Loopback) -> None:
    publisher.answers["/robots.txt"] = reply(body=b"User-agent: *\nDisallow: /\n", Content_Type="text/plain")
    await publish(bot, publisher)
    assert "40 tonnes" not in bot.output
    assert "/kiln" not in {asked.path for asked in publisher.asked}


async def test_a_model_words_the_alert_and_what_it_makes_up_is_left_out(
    bot: Bot, publisher: Loopback, model: LoopbackModel
) -> None:
    model.says(("Elstow Mining expects repairs at Dunmore to take nine weeks.", [1, 3]), ("Norland is to blame.", [2]))
    bot.environment |= {
        "MONAZITE_LLM": "openai",
        "MONAZITE_LLM_KEY": KEY,
        "MONAZITE_LLM_MODEL": "m",
        "MONAZITE_LLM_BASE_URL": f"{model.base_url}/v1",
        "COLUMNS": "200",
    }
    await publish(bot, publisher)
    said = " ".join(bot.output.replace("┃", " ").split())
    assert "Elstow Mining expects repairs at Dunmore to take nine weeks." in said
    assert "Norland" not in said
    assert KEY not in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"MONAZITE_LLM": "openai", "MONAZITE_LLM_MODEL": "m"},
            "MONAZITE_LLM is openai, but MONAZITE_LLM_KEY is not set",
        ),
        ({"MONAZITE_LLM": "anthropic", "MONAZITE_LLM_KEY": KEY}, "but MONAZITE_LLM_MODEL is not set"),
        ({"MONAZITE_LLM": "oracle"}, "MONAZITE_LLM"),
        ({"MONAZITE_ARTICLES": "perhaps"}, "MONAZITE_ARTICLES"),
    ],
)
async def test_wrong_settings_are_named(bot: Bot, changes: dict[str, str], said: str) -> None:
    bot.environment |= changes
    status, _, err = await bot.once("run")
    assert (status, err.count("\n")) == (1, 1)
    assert said in err
    assert KEY not in err
