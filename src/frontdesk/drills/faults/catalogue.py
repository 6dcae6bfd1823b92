"""All scenes: the vendor's faults of the failure model by their numbers there, and ours.

Limits: a first text takes at most 2 s and the next vendor's own time, a silence in a stream 4 s, a whole answer 20 s;
an open breaker costs at most 0.3 s; three failures open it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from frontdesk.drills.faults.acts import at_once, one_by_one, scheduled, steadily
from frontdesk.drills.faults.rules import (
    added_when_passed_over,
    added_within,
    asked_again_smaller,
    asked_at_most,
    asked_at_most_a_turn,
    attempts_a_turn,
    back_within,
    ended,
    first_text_within,
    first_vendor_came_through,
    first_vendor_wrote,
    from_a_whole_reply,
    judged_in_vain_is_not_told,
    never_asked,
    nobody_else_asked,
    noted,
    one_author,
    pauses_kept,
    probes_within,
    repaired_at_most_once,
    second_vendor_began_afresh,
    told_once,
    total_within,
    whole_sentences,
)
from frontdesk.drills.faults.scene import Rule, Scene
from frontdesk.simulators.proxy import ProxyBehaviour

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
_PLAIN: Mapping[str, Any] = {"adapter": "openai", "capabilities": ["system", "stream"]}


def _refused(key: str, fault: str, title: str, model: str, *more: Rule) -> Scene:
    """A vendor that says no at once, again and again."""
    rules = (*FINE, added_within(SWITCH_S), asked_at_most_a_turn(1), added_when_passed_over(SPARED_S), *more)
    return Scene(key=key, fault=fault, title=title, primary=model, act=one_by_one(8), rules=rules)


def _silent(key: str, fault: str, title: str, model: str) -> Scene:
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


def _broken(key: str, fault: str, title: str, model: str, *more: Rule) -> Scene:
    """A vendor whose reply is no reply."""
    return Scene(
        key=key,
        fault=fault,
        title=title,
        primary=model,
        act=one_by_one(6),
        rules=(*BROKEN, added_when_passed_over(SPARED_S), *more),
    )


SCENES: Sequence[Scene] = (
    Scene(
        key="429",
        fault="1",
        title="Rate limited, and then for longer",
        primary="fault-429-longer",
        act=steadily(6.0, every_s=0.25),
        rules=(*FINE, added_within(SWITCH_S), pauses_kept(1.0, 3.0)),
    ),
    _refused("429-date", "1", "Rate limited until a date", "fault-429-date"),
    _refused("429-bare", "1", "Rate limited without a word on how long", "fault-429-bare"),
    Scene(
        key="429-storm",
        fault="2",
        title="Both vendors rate limited, 50 customers at a time",
        primary="fault-429-bare",
        fallback="fault-429-bare",
        act=at_once(STORM, waves=3),
        rules=(ended("answered"), told_once, whole_sentences, attempts_a_turn(1.1, after=1 / 3)),
    ),
    Scene(
        key="500-once",
        fault="3",
        title="One server error",
        primary="fault-500-once",
        act=one_by_one(3),
        rules=(*FINE, added_within(SWITCH_S), asked_at_most_a_turn(2), asked_at_most(4)),
    ),
    _refused("503", "4", "Overloaded", "fault-503", asked_at_most(OPENING), noted("breaker.opened")),
    _refused("529", "4", "Overloaded, in Anthropic's way", "fault-529", asked_at_most(OPENING)),
    _refused("502", "4", "A proxy's error page", "fault-502", asked_at_most(OPENING)),
    _refused("reset", "5", "Connection reset before any header", "fault-reset", asked_at_most(OPENING)),
    _silent("silent", "6", "Accepts and never answers", "fault-silent"),
    _silent("silent-head", "6", "Sends headers and nothing else", "fault-silent-head"),
    _silent("beats", "6", "Keeps the connection alive and sends no text", "fault-beats"),
    _silent("slow-first", "7", "First token after 20 s", "fault-slow-first"),
    _broken("cut", "8", "Closes the stream after 40 of 60 tokens", "fault-cut"),
    _broken("cut-reset", "8", "Resets the stream after 40 of 60 tokens", "fault-cut-reset"),
    _broken("cut-tidy", "8", "Ends the stream tidily in the middle", "fault-cut-tidy"),
    _broken("error-late", "8", "An error event after 40 of 60 tokens", "fault-error-late"),
    _broken("stall", "9", "Stops after 40 of 60 tokens", "fault-stall", total_within(IDLE_S + 1.5)),
    Scene(
        key="drip",
        fault="9",
        title="A token every 1.5 s",
        primary="fault-drip",
        act=at_once(2),
        rules=(*FINE, asked_at_most_a_turn(2), total_within(TURN_S)),
    ),
    _broken("garbage", "10", "Lines that are no JSON", "fault-garbage"),
    _broken("shape", "10", "JSON of another shape", "fault-shape"),
    _broken("charset", "10", "Text in Latin-1", "fault-charset"),
    _broken("long-line", "10", "A line of 10 MB", "fault-long-line"),
    _broken("page", "10", "A web page instead of a reply", "fault-page"),
    Scene(
        key="mutated",
        fault="10",
        title="Damaged bytes, other ones each time",
        primary="fault-mutated",
        act=one_by_one(40),
        rules=(ended("answered"), told_once),
    ),
    Scene(
        key="no-done",
        fault="11",
        title="No end mark after a whole reply",
        primary="fault-no-done",
        act=one_by_one(4),
        rules=(*FINE, first_vendor_wrote),
    ),
    _broken("no-finish", "11", "An end mark without a reason", "fault-no-finish"),
    _broken("empty", "11", "Ends without a word", "fault-empty"),
    _broken("tools", "11", "Calls a tool that nobody offered", "fault-tools"),
    Scene(
        key="length",
        fault="11",
        title="Stops at its own limit of tokens",
        primary="fault-length",
        act=one_by_one(4),
        rules=FINE,
    ),
    Scene(
        key="endless",
        fault="11",
        title="Does not stop writing",
        primary="fault-endless",
        act=one_by_one(2),
        rules=(ended("answered"), told_once, whole_sentences, total_within(TURN_S)),
    ),
    Scene(
        key="context-once",
        fault="12",
        title="Context too long, until the request is smaller",
        primary="fault-context-once",
        act=one_by_one(6),
        rules=(*FINE, asked_again_smaller, first_vendor_came_through),
    ),
    Scene(
        key="context",
        fault="12",
        title="Context too long, whatever is sent",
        primary="fault-context",
        act=one_by_one(6),
        rules=(*FINE, asked_again_smaller),
    ),
    Scene(
        key="filter",
        fault="13",
        title="Content filter",
        primary="fault-filter",
        act=one_by_one(3),
        rules=(ended("refused", "escalated"), told_once, nobody_else_asked),
    ),
    Scene(
        key="filter-late",
        fault="13",
        title="Content filter after 40 of 60 tokens",
        primary="fault-filter-late",
        act=one_by_one(3),
        rules=(ended("answered", "refused", "escalated"), told_once, whole_sentences, nobody_else_asked),
    ),
    Scene(
        key="no-json",
        fault="14",
        title="A judge that knows no schemas, as models.yaml says, before one that does",
        primary="sim",
        models={
            "judge": [
                {"name": "plain-judge", "base_url": "{primary}", "model": "fault-no-json", **_PLAIN},
                {"name": "able-judge", "base_url": "{fallback}", "model": "sim", "adapter": "openai"},
            ]
        },
        edits=DOUBTFUL,
        act=one_by_one(6),
        rules=(*JUDGED, never_asked("fault-no-json")),
    ),
    Scene(
        key="no-prefill",
        fault="14",
        title="Breaks off, and the next one takes no words into its mouth",
        primary="fault-cut",
        fallback="fault-no-prefill",
        act=one_by_one(4),
        rules=(*BROKEN, second_vendor_began_afresh),
    ),
    Scene(
        key="no-stream",
        fault="14",
        title="Does not stream, as models.yaml says",
        primary="fault-no-stream",
        route={"capabilities": ["system", "json"]},
        act=one_by_one(3),
        rules=(*FINE, first_vendor_wrote),
    ),
    Scene(
        key="no-system",
        fault="14",
        title="Takes no system text",
        primary="fault-no-system",
        act=one_by_one(3),
        rules=(*FINE, asked_at_most_a_turn(1), added_within(SWITCH_S)),
    ),
    Scene(
        key="flaps",
        fault="15",
        title="Ill for 20 s, well for 10 s, ill again, and well for good",
        primary="fault-503",
        act=scheduled(
            (
                {"does": "fault-503", "for_s": 20},
                {"does": "sim", "for_s": 10},
                {"does": "fault-503", "for_s": 15},
                {"does": "sim", "for_s": 1000},
            ),
            steadily(78.0, every_s=0.75),
        ),
        rules=(
            *FINE,
            added_within(SWITCH_S),
            probes_within(opening=OPENING, every_s=PROBE_S, sick=((0, 20), (30, 45))),
            back_within(BACK_S, healthy_from_s=45),
        ),
    ),
    Scene(
        key="wrong-model",
        fault="16",
        title="Another model answers than is pinned",
        primary="fault-wrong-model",
        act=one_by_one(3),
        rules=(*FINE, first_vendor_wrote, noted("vendor.model_changed")),
    ),
    Scene(
        key="no-usage",
        fault="16",
        title="Does not say what it used",
        primary="fault-no-usage",
        act=one_by_one(3),
        rules=(*FINE, first_vendor_wrote),
    ),
    Scene(
        key="json",
        fault="17",
        title="A judge whose verdicts are malformed in 200 ways",
        primary="sim",
        models={
            "judge": [
                {"name": "broken-judge", "base_url": "{fallback}", "model": "fault-json", "adapter": "openai"},
            ]
        },
        edits=DOUBTFUL,
        act=one_by_one(30),
        rules=(*JUDGED, repaired_at_most_once, judged_in_vain_is_not_told),
    ),
    _refused("401", "", "Key refused", "fault-401", asked_at_most(2), noted("vendor.key_refused")),
    _refused("404", "", "The model is gone", "fault-404"),
    Scene(
        key="refused",
        fault="",
        title="Nobody listens at its address",
        primary="sim",
        is_unreachable=True,
        act=one_by_one(6),
        rules=(*FINE, added_within(SWITCH_S)),
    ),
    Scene(
        key="all-down",
        fault="",
        title="Every vendor is down",
        primary="fault-503",
        fallback="fault-silent",
        act=one_by_one(8),
        rules=(ended("answered"), told_once, whole_sentences, first_text_within(SILENCE_S), asked_at_most(OPENING)),
    ),
    Scene(
        key="network-late",
        fault="",
        title="A network that is 300 ms late",
        primary="sim",
        network=ProxyBehaviour(delay_ms=300),
        act=one_by_one(3),
        rules=(*FINE, first_vendor_wrote),
    ),
    Scene(
        key="network-cut",
        fault="",
        title="A network that resets after 3 kB",
        primary="sim",
        network=ProxyBehaviour(reset_after=3000),
        act=one_by_one(6),
        rules=BROKEN,
    ),
    Scene(
        key="network-hole",
        fault="",
        title="A network that swallows everything",
        primary="sim",
        network=ProxyBehaviour(is_black_hole=True),
        act=one_by_one(5),
        rules=(*FINE, first_text_within(SILENCE_S)),
    ),
)
