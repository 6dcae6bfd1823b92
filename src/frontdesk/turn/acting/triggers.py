"""Which workflow a message begins: the one whose examples are close, when the customer's own case is meant."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from frontdesk.domain.workflow import Workflow
from frontdesk.ports.models import Embedder
from frontdesk.turn.acting.heard import Heard
from frontdesk.turn.acting.stance import Stance, stance
from frontdesk.turn.acting.weighing import Synonyms, Weighing
from frontdesk.turn.examples import ExampleMatcher

NEEDED: Mapping[Stance, float] = {"request": 0.46, "own": 0.46, "mixed": 0.85, "open": 0.8, "general": 0.7}
"""Similarity from which a message begins a workflow, by what kind of saying it is; one that asks for a rule begins only those
whose examples do so too. Measured on tests/unit/turn/acting/sentences.yaml."""
SURE = 0.62
"""Similarity from which no model need be asked, where there is one; below it begin most of the wrong ones."""
POSSIBLE = 0.3
"""Similarity from which a model is asked."""
UNLIKE = 0.3
"""What similarity loses with a workflow that no example begins in this kind of saying: who waits for money does not ask to
return something."""
_LIKE: Mapping[Stance, Stance] = {"mixed": "own"}
APART = 0.06
"""How much closer the best workflow must be than the next; else the customer is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What a message begins."""

    workflows: tuple[str, ...]
    """One, or those between which only the customer can decide; none where it begins nothing."""
    possible: tuple[str, ...] = ()
    """Those that a model may decide on, best first."""
    score: float = 0.0
    stance: Stance = "open"


class Triggers:
    """The examples of all workflows."""

    def __init__(
        self, workflows: Sequence[Workflow], embedder: Embedder | None, *, synonyms: Synonyms | None = None
    ) -> None:
        self._as_written = {
            _plain(Heard(text, "en")): workflow.name for workflow in workflows for text in workflow.examples
        }
        self._kinds = {workflow.name: _kinds_of(workflow.examples) for workflow in workflows}
        self._examples = ExampleMatcher(
            [(workflow.name, workflow.examples) for workflow in workflows],
            embedder,
            compare=partial(Weighing, synonyms=synonyms),
        )

    def _fit(self, name: str, kind: Stance) -> float:
        """How much a kind of saying is worth for a workflow: it counts whole where all its examples are of the kind."""
        share = self._kinds[name].get(_LIKE.get(kind, kind), 0.0)
        if kind == "open":
            return 1.0
        return 0.0 if kind == "general" and not share else 1.0 - UNLIKE * (1.0 - share)

    async def find(self, heard: Heard, *, by_meaning: bool, among: Collection[str]) -> Trigger:
        """What the message begins.

        Args:
            by_meaning: as for `ExampleMatcher.closest`.
            among: the workflows that are switched on.
        """
        if (name := self._as_written.get(_plain(heard), "")) in among:
            return Trigger(workflows=(name,), score=1.0, stance="request")
        kind = stance(heard)
        matches = await self._examples.by_group(heard.text, by_meaning=by_meaning)
        scores = {name: match.score * self._fit(name, kind) for name, match in matches.items() if name in among}
        ranked = sorted(((score, name) for name, score in scores.items()), reverse=True)
        if not ranked:
            return Trigger(workflows=(), stance=kind)
        best = ranked[0][0]
        possible = tuple(name for score, name in ranked if score >= POSSIBLE) if kind != "general" else ()
        if best < NEEDED[kind] or (kind == "open" and heard.asks):
            return Trigger(workflows=(), possible=possible, score=best, stance=kind)
        near = tuple(name for score, name in ranked if score >= max(NEEDED[kind], best - APART))
        return Trigger(workflows=near[:3], possible=possible, score=best, stance=kind)


def _kinds_of(examples: Sequence[str]) -> Mapping[Stance, float]:
    """The share of each kind of saying among the examples."""
    counts = Counter(_LIKE.get(kind, kind) for kind in (stance(Heard(text, "en")) for text in examples))
    return {kind: count / len(examples) for kind, count in counts.items()}


def _plain(heard: Heard) -> str:
    return " ".join(heard.clauses)
