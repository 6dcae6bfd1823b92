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


Tree = float | tuple[int, float, "Tree", "Tree"]
"""A leaf: what it adds to the log odds. Else a feature, its threshold, and what follows up to it and beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEnsemble:
    """Boosted decision trees."""

    bias: float
    trees: tuple[Tree, ...]

    def risk(self, features: Sequence[float]) -> float:
        """0 to 1, calibrated where supported and unsupported texts are equally many."""
        odds = self.bias
        for node in self.trees:
            while isinstance(node, tuple):
                feature, threshold, left, right = node
                node = left if features[feature] <= threshold else right  # noqa: PLW2901
            odds += node
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
    rarities: Mapping[str, "Rarities"]
    """Language to stem to weight."""

    def rarity_in(self, language: str) -> Rarity:
        return self.rarities.get(language, _NOTHING_KNOWN).__getitem__


class Rarities(dict[str, float]):
    """Weight of a stem; asked a thousand times a turn, so that looking one up is the dictionary's own doing."""

    def __missing__(self, stem: str) -> float:
        return _UNKNOWN


_NOTHING_KNOWN = Rarities()


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
        rarities={language: Rarities(weights) for language, weights in stored["rarities"].items()},
    )


def _ensemble(stored: Mapping[str, Any]) -> TreeEnsemble:
    return TreeEnsemble(bias=stored["bias"], trees=tuple(_tree(nodes, 0) for nodes in stored["trees"]))


def _tree(nodes: Sequence[Sequence[float]], place: int) -> Tree:
    """The tree from a node on; in the file a node is feature, threshold, left and right, and a leaf's feature is -1."""
    feature, value, left, right = nodes[place]
    if feature < 0:
        return float(value)
    return int(feature), float(value), _tree(nodes, int(left)), _tree(nodes, int(right))
