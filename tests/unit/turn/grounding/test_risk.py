import pytest

from frontdesk.turn.grounding.features import NAMES, VECTOR_NAMES
from frontdesk.turn.grounding.risk import TreeEnsemble, parse_model, shipped_model


def test_the_shipped_model_reads_what_the_code_measures() -> None:
    model = shipped_model()
    assert 0.0 <= model.words.risk([0.0] * len(NAMES)) <= 1.0
    assert 0.0 <= model.vectors.risk([0.0] * len([*NAMES, *VECTOR_NAMES])) <= 1.0
    assert 0.0 < model.undecided[0] < 0.5 < model.undecided[1] < 1.0


def test_weights_for_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match="other features"):
        parse_model({"features": ["height"]})


def test_a_tree_goes_left_up_to_its_threshold() -> None:
    ensemble = TreeEnsemble(bias=0.0, trees=((0, 1.0, -2.0, 2.0),))
    assert ensemble.risk([1.0]) == pytest.approx(0.1192, abs=1e-4)
    assert ensemble.risk([1.1]) == pytest.approx(0.8808, abs=1e-4)


def test_rare_and_unknown_words_weigh_most() -> None:
    rarity = shipped_model().rarity_in("en")
    assert rarity("zzyzx") == 1.0
    assert rarity("hotel") < 1.0
    assert shipped_model().rarity_in("xx")("hotel") == 1.0
