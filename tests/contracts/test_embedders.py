"""What every embedder promises, whatever it is made of."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.ports import Embedder
from bot.stories import embed
from bot.stories.embed import choose_embedder
from bot.stories.likeness import shipped_models

EMBEDDERS = [
    pytest.param(made(), id=name)
    for name, made in vars(embed).items()
    if isinstance(made, type) and name.endswith("Embedder") and made.__module__ == embed.__name__
]


def test_every_implementation_is_found() -> None:
    assert len(EMBEDDERS) >= 2
    assert {choose_embedder("auto").__class__, choose_embedder("on").__class__} <= {
        type(e.values[0]) for e in EMBEDDERS
    }
    assert choose_embedder("off") is None


@pytest.mark.parametrize("embedder", EMBEDDERS)
class TestEmbedder:
    def test_a_model_was_trained_for_it(self, embedder: Embedder) -> None:
        assert embedder.name in shipped_models()

    def test_rows_stand_in_the_order_of_the_texts(self, embedder: Embedder) -> None:
        texts = ["ore leaves port", "稀土出口", "bicycle race"]
        assert embedder.embed(texts)[::-1] == pytest.approx(embedder.embed(texts[::-1]), abs=1e-3)
        assert len(embedder.embed([])) == 0

    def test_rows_have_unit_length(self, embedder: Embedder) -> None:
        found = embedder.embed(["ore leaves port", "稀土出口", "معدنیات", ""])
        assert found.shape[0] == 4
        assert found.dtype == np.float32
        assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-3)

    def test_a_text_has_one_vector_whatever_stands_beside_it(self, embedder: Embedder) -> None:
        alone, beside = (
            embedder.embed(["ore leaves port"]),
            embedder.embed(["a long other text " * 9, "ore leaves port"]),
        )
        assert alone[0] @ beside[1] == pytest.approx(1, abs=1e-3)

    def test_like_texts_are_nearer(self, embedder: Embedder) -> None:
        one, like, unlike = embedder.embed(
            ["Kestrel ships magnets to Norland", "Kestrel shipped magnets to Norland", "Rain delays the bicycle race"]
        )
        assert one @ like > one @ unlike

    def test_languages_meet_where_it_says_so(self, embedder: Embedder) -> None:
        english, chinese, other = embedder.embed(
            ["China limits rare earth exports", "中国限制稀土出口", "板球队赢得决赛"]
        )
        if embedder.multilingual:
            assert english @ chinese > english @ other

    @given(text=st.text(max_size=200))
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_any_text_has_a_vector(self, embedder: Embedder, text: str) -> None:
        assert np.isfinite(embedder.embed([text])).all()
