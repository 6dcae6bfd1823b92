"""What customers are promised while a vendor fails, in figures, and the scenes that come in kinds.

A first text takes at most 2 s and the next vendor's own time, a silence in a stream 4 s, a whole answer 20 s; an open
breaker costs at most 0.3 s; three failures open it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from frontdesk.drills.faults.acts import one_by_one
from frontdesk.drills.faults.rules import (
    added_when_passed_over,
    added_within,
    asked_at_most,
    asked_at_most_a_turn,
    ended,
    first_text_within,
    from_a_whole_reply,
    noted,
    one_author,
    told_once,
    whole_sentences,
)
from frontdesk.drills.faults.scene import Rule, Scene

SWITCH_S = 0.5
"""What a refusal and the next vendor may add to a first text (failure model, fault 1)."""
SPARED_S = 0.3
"""What an open breaker may add (fault 4)."""
SILENCE_S = 3.5
"""A first confirmed text when the first vendor is silent: 2 s of waiting, and an answer's own time."""
IDLE_S = 4.0
TURN_S = 25.0
"""A whole answer's 20 s, and what the second vendor needs."""
OPENING = 3
HEDGED = 1
"""A turn that a second vendor has rescued before the first one's time was up says nothing about the first one."""
PROBE_S = 15.0
BACK_S = 30.0
STORM = 50

FINE: Sequence[Rule] = (ended("answered"), told_once, one_author, whole_sentences)
"""Customers notice nothing."""

BROKEN: Sequence[Rule] = (*FINE, from_a_whole_reply, asked_at_most_a_turn(1), asked_at_most(OPENING))
JUDGED: Sequence[Rule] = (ended("answered", "clarified", "refused", "escalated"), told_once)
"""A judge may only withhold."""
DOUBTFUL: Mapping[str, Mapping[str, Any]] = {"guards.yaml": {"grounding": {"withhold_above": 0.03}}}
"""So strict that every other true sentence is doubtful enough to be judged."""
PLAIN: Mapping[str, Any] = {"adapter": "openai", "capabilities": ["system", "stream"]}


def refused(key: str, fault: str, title: str, model: str, *more: Rule) -> Scene:
    """A vendor that says no at once, again and again."""
    rules = (*FINE, added_within(SWITCH_S), asked_at_most_a_turn(1), added_when_passed_over(SPARED_S), *more)
    return Scene(key=key, fault=fault, title=title, primary=model, act=one_by_one(8), rules=rules)


def silent(key: str, fault: str, title: str, model: str) -> Scene:
    """A vendor that takes the request and gives no text."""
    rules = (*FINE, first_text_within(SILENCE_S), asked_at_most_a_turn(1), asked_at_most(OPENING + HEDGED))
    return Scene(
        key=key,
        fault=fault,
        title=title,
        primary=model,
        act=one_by_one(6),
        rules=(*rules, added_when_passed_over(SPARED_S), noted("breaker.opened")),
    )


def broken(key: str, fault: str, title: str, model: str, *more: Rule) -> Scene:
    """A vendor whose reply is no reply."""
    return Scene(
        key=key,
        fault=fault,
        title=title,
        primary=model,
        act=one_by_one(6),
        rules=(*BROKEN, added_when_passed_over(SPARED_S), *more),
    )
