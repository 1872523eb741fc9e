"""When the bot stops posting because Discord has refused too much."""

import pytest

from handlers.discord.caution import MOST, WINDOW, Caution


def test_it_waits_until_the_oldest_refusal_is_out_of_the_window() -> None:
    caution = Caution(3)
    for now in (0.0, 10.0):
        caution.note(403, now)
    assert caution.wait(10.0) == 0
    caution.note(401, 20.0)
    assert caution.wait(20.0) == WINDOW - 20
    assert caution.wait(WINDOW) == 0
    caution.note(429, WINDOW)  # the next one counts with the two that are left
    assert caution.wait(WINDOW) == 10


@pytest.mark.parametrize(("status", "shared"), [(200, False), (204, False), (400, False), (500, False), (429, True)])
def test_other_answers_do_not_count(status: int, shared: bool) -> None:
    caution = Caution(1)
    caution.note(status, 0.0, shared=shared)
    assert caution.wait(0.0) == 0


def test_it_waits_well_before_discord_would_block() -> None:
    caution = Caution()
    for _ in range(MOST):
        caution.note(404, 0.0)
    assert caution.wait(0.0) == WINDOW
    assert MOST <= 10_000 / 5
