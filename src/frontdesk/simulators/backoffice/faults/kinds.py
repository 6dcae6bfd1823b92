"""The faults by name, and what each does to an answer.

`when` says whether the system did its work: of an effect that is the difference between "nothing happened" and "it
happened, and nobody was told".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from frontdesk.simulators.backoffice.faults import damage
from frontdesk.simulators.vendor.script import Ending, Piece, Script

HEALTHY = "healthy"
"""In a schedule: no fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer before it is sent."""

    status: int
    media_type: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A way to fail."""

    name: str
    does: str
    """For people."""
    when: Literal["instead", "after", "elsewhere"]
    """`instead`: the system does nothing. `after`: it does its work first. `elsewhere`: another record is answered."""
    script: Callable[[Reply | None, "Told"], Script]
    seconds: float = 5.0
    """What it takes where nobody says."""
    waits: bool = False
    """Whether nothing is sent before `seconds` have passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a fault needs to know besides the answer."""

    seconds: float
    field: str
    system: str
    now: str


def as_sent(reply: Reply, ending: Ending = "whole") -> Script:
    pieces = [Piece(data=reply.body)] if reply.body else []
    return Script(pieces=pieces, status=reply.status, media_type=reply.media_type, headers=reply.headers, ending=ending)


def _whole(reply: Reply | None, _: Told) -> Script:
    assert reply is not None  # noqa: S101  (faults of this kind come after the work)
    return as_sent(reply)


def _refusing(status: int, code: str, *, says_when: bool = False) -> Callable[[Reply | None, Told], Script]:
    def script(_: Reply | None, told: Told) -> Script:
        body = f'{{"error": {{"code": "{code}", "message": "Simulated."}}}}'.encode()
        headers = {"content-length": str(len(body))}
        if says_when:
            headers["retry-after"] = str(max(1, round(told.seconds)))
        return Script(pieces=[Piece(data=body)], status=status, media_type="application/json", headers=headers)

    return script


def _ending(ending: Ending) -> Callable[[Reply | None, Told], Script]:
    return lambda _, __: Script(has_head=False, ending=ending)


def _half(reply: Reply | None, _: Told) -> Script:
    assert reply is not None  # noqa: S101  (see _whole)
    half = reply.body[: len(reply.body) // 2]
    headers = {**reply.headers, "content-length": str(len(reply.body))}
    return Script(
        pieces=[Piece(data=half)], status=reply.status, media_type=reply.media_type, headers=headers, ending="close"
    )


def _html(_: Reply | None, __: Told) -> Script:
    page = b"<!doctype html><html><head><title>Sign in</title></head><body>Your session has expired.</body></html>"
    return Script(
        pieces=[Piece(data=page)], media_type="text/html; charset=utf-8", headers={"content-length": str(len(page))}
    )


def _damaged(change: damage.Change) -> Callable[[Reply | None, Told], Script]:
    def script(reply: Reply | None, told: Told) -> Script:
        assert reply is not None  # noqa: S101  (see _whole)
        body = damage.apply(change, reply.body, field=told.field, system=told.system, now=told.now)
        headers = {**reply.headers, "content-length": str(len(body))}
        return Script(pieces=[Piece(data=body)], status=reply.status, media_type=reply.media_type, headers=headers)

    return script


def _stale(reply: Reply | None, told: Told) -> Script:
    script = _damaged(damage.as_of_before)(reply, told)
    return replace(script, headers={**script.headers, "age": str(round(told.seconds))})


def _listed(*faults: Fault) -> dict[str, Fault]:
    return {fault.name: fault for fault in faults}


FAULTS: Mapping[str, Fault] = _listed(
    Fault(name="slow", does="does its work, and answers late", when="after", script=_whole, waits=True),
    Fault(name="silent", does="accepts and never answers; nothing happens", when="instead", script=_ending("hang")),
    Fault(name="error", does="500", when="instead", script=_refusing(500, "internal")),
    Fault(name="unavailable", does="503", when="instead", script=_refusing(503, "unavailable")),
    Fault(
        name="rate_limited",
        does="429 with Retry-After",
        when="instead",
        script=_refusing(429, "rate_limited", says_when=True),
        seconds=2.0,
    ),
    Fault(
        name="rate_limited_bare", does="429 without Retry-After", when="instead", script=_refusing(429, "rate_limited")
    ),
    Fault(name="unauthorised", does="401, as if the key had run out", when="instead", script=_refusing(401, "expired")),
    Fault(name="reset", does="resets the connection; nothing happens", when="instead", script=_ending("reset")),
    Fault(name="half_body", does="does its work, and breaks off in its answer", when="after", script=_half),
    Fault(name="answer_lost", does="does its work, and resets the connection", when="after", script=_ending("reset")),
    Fault(name="answer_held", does="does its work, and never answers", when="after", script=_ending("hang")),
    Fault(name="html", does="answers 200 with a web page", when="instead", script=_html),
    Fault(name="missing_field", does="leaves a field out", when="after", script=_damaged(damage.without_field)),
    Fault(
        name="unknown_choice", does="a status that nobody knows", when="after", script=_damaged(damage.unknown_choice)
    ),
    Fault(name="amount_text", does="amounts as text", when="after", script=_damaged(damage.amounts_as_text)),
    Fault(name="date_format", does="times as people write them", when="after", script=_damaged(damage.other_dates)),
    Fault(
        name="schema_version", does="the next version of its schema", when="after", script=_damaged(damage.next_schema)
    ),
    Fault(name="hostile_name", does="names that are instructions", when="after", script=_damaged(damage.hostile)),
    Fault(name="long_text", does="texts of 100,000 characters", when="after", script=_damaged(damage.long_texts)),
    Fault(
        name="contradiction",
        does="says another thing of refunds than the other systems",
        when="after",
        script=_damaged(damage.contradicting),
    ),
    Fault(
        name="stale",
        does="answers as of three days ago, and says so with Age",
        when="after",
        script=_stale,
        seconds=3 * 86_400.0,
    ),
    Fault(name="foreign_record", does="answers with another customer's record", when="elsewhere", script=_whole),
)
