"""The trained part: how rare a word is, and the chance that a claim is not supported."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from math import exp
from typing import Any

from frontdesk.turn.grounding.evidence import Rarity
from frontdesk.turn.grounding.features import NAMES, VECTOR_NAMES

_UNKNOWN = 1.0
"""Weight of a stem that was rarely or never met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEnsemble:
    """Boosted decision trees; a leaf's `feature` is -1 and its `value` is what it adds to the log odds."""

    bias: float
    trees: tuple[tuple[tuple[int, float, int, int], ...], ...]
    """Per tree its nodes, root first: feature, threshold (or the leaf's value), left child, right child."""

    def risk(self, features: Sequence[float]) -> float:
        """0 to 1, calibrated where supported and unsupported texts are equally many."""
        odds = self.bias
        for nodes in self.trees:
            feature, threshold, left, right = nodes[0]
            while feature >= 0:
                feature, threshold, left, right = nodes[left if features[feature] <= threshold else right]
            odds += threshold
        return 1.0 / (1.0 + exp(-odds)) if odds > -700 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskModel:
    """What `tools/train_grounding.py` writes."""

    words: TreeEnsemble
    """Reads `features.NAMES`."""
    vectors: TreeEnsemble
    """Reads `features.NAMES` and `features.VECTOR_NAMES`."""
    undecided: tuple[float, float]
    """Risks between these are decided with vectors, where there is an embedder."""
    rarities: Mapping[str, Mapping[str, float]]
    """Language to stem to weight."""

    def rarity_in(self, language: str) -> Rarity:
        known = self.rarities.get(language, {})
        return lambda stem: known.get(stem, _UNKNOWN)


@lru_cache(maxsize=1)
def shipped_model() -> RiskModel:
    """The model in `weights.json`."""
    text = resources.files(__package__).joinpath("weights.json").read_text("utf-8")
    return parse_model(json.loads(text))


def parse_model(stored: Mapping[str, Any]) -> RiskModel:
    """Raises: ValueError when it was trained on other features than this code measures."""
    if stored["features"] != [*NAMES, *VECTOR_NAMES]:
        raise ValueError("weights.json was trained on other features; run tools/train_grounding.py")
    low, high = stored["undecided"]
    return RiskModel(
        words=_ensemble(stored["words"]),
        vectors=_ensemble(stored["vectors"]),
        undecided=(low, high),
        rarities=stored["rarities"],
    )


def _ensemble(stored: Mapping[str, Any]) -> TreeEnsemble:
    return TreeEnsemble(
        bias=stored["bias"],
        trees=tuple(
            tuple((int(node[0]), float(node[1]), int(node[2]), int(node[3])) for node in tree)
            for tree in stored["trees"]
        ),
    )
