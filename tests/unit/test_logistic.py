"""Logistic regression: it finds what is known to be right."""

import math

import numpy as np
import pytest

from bot.lab.logistic import fit_logistic

ONES = np.ones((4, 1))
ONE_OF_FOUR = np.array([1.0, 0.0, 0.0, 0.0])


def test_a_constant_alone_gives_the_log_odds_of_the_share() -> None:
    (found,) = fit_logistic(ONES, ONE_OF_FOUR, penalty=0.0)
    assert found == pytest.approx(math.log(1 / 3))


def test_a_row_counts_by_its_weight() -> None:
    (found,) = fit_logistic(ONES, ONE_OF_FOUR, penalty=0.0, weights=np.array([3.0, 1.0, 1.0, 1.0]))
    assert found == pytest.approx(0)


def test_features_add_to_the_start() -> None:
    (found,) = fit_logistic(ONES, ONE_OF_FOUR, penalty=0.0, start=np.full(4, 0.5))
    assert found == pytest.approx(math.log(1 / 3) - 0.5)


def test_a_penalty_draws_coefficients_towards_zero_and_a_limit_holds_them() -> None:
    (free,) = fit_logistic(ONES, ONE_OF_FOUR, penalty=0.0)
    (penalised,) = fit_logistic(ONES, ONE_OF_FOUR, penalty=1.0)
    (limited,) = fit_logistic(ONES, ONE_OF_FOUR, penalty=0.0, farthest=0.5)
    assert free < penalised < 0
    assert limited == -0.5


def test_coefficients_of_a_known_model_are_found_again() -> None:
    random = np.random.default_rng(7)
    features = np.column_stack([np.ones(20_000), random.normal(size=(20_000, 2))])
    known = np.array([-1.0, 2.0, 0.5])
    outcomes = (random.random(20_000) < 1 / (1 + np.exp(-features @ known))).astype(float)
    assert fit_logistic(features, outcomes, penalty=1e-6) == pytest.approx(known, abs=0.1)
