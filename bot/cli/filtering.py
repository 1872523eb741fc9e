"""What the filters take from the settings; apart, so that they need not import what only the bot needs."""

from datetime import timedelta
from functools import partial

from bot.classify import load_topics
from bot.lab.filters import FilterSetup
from bot.settings import load_settings
from bot.stories.embed import choose_embedder


def set_up() -> FilterSetup:
    """Read the settings. Raises ConfigError with every problem at once."""
    settings = load_settings()
    return FilterSetup(
        load_topics(settings=settings.switched_on),
        partial(choose_embedder, settings.embeddings),
        timedelta(days=settings.story_window_days),
    )
