"""Which workflow a message begins: the one whose examples are close, when the customer's own case is meant."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from frontdesk.domain.workflow import Workflow
from frontdesk.ports.models import Embedder
from frontdesk.turn.acting.heard import Heard
from frontdesk.turn.acting.stance import Stance, stance
from frontdesk.turn.acting.weighing import Weighing
from frontdesk.turn.examples import ExampleMatcher

CERTAIN = 0.62
"""Similarity from which a message about the customer's own case begins a workflow."""
AS_WRITTEN = 0.92
"""Similarity from which it does so however it is put: the owner gave these words as an example."""
POSSIBLE = 0.35
"""Similarity from which a model is asked."""
APART = 0.12
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

    def __init__(self, workflows: Sequence[Workflow], embedder: Embedder | None) -> None:
        self._examples = ExampleMatcher(
            [(workflow.name, workflow.examples) for workflow in workflows], embedder, compare=Weighing
        )

    async def find(self, heard: Heard, *, by_meaning: bool, among: Collection[str]) -> Trigger:
        """What the message begins.

        Args:
            by_meaning: as for `ExampleMatcher.closest`.
            among: the workflows that are switched on.
        """
        kind = stance(heard)
        matches = await self._examples.by_group(heard.text, by_meaning=by_meaning)
        ranked = sorted(((m.score, name) for name, m in matches.items() if name in among), reverse=True)
        if not ranked:
            return Trigger(workflows=(), stance=kind)
        best = ranked[0][0]
        possible = tuple(name for score, name in ranked if score >= POSSIBLE) if kind != "general" else ()
        needed = CERTAIN if kind in ("own", "request") else AS_WRITTEN
        if best < needed:
            return Trigger(workflows=(), possible=possible, score=best, stance=kind)
        near = tuple(name for score, name in ranked if score >= max(needed, best - APART))
        return Trigger(workflows=near[:3], possible=possible, score=best, stance=kind)
