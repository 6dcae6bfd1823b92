"""A turn in a row of figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.trace.late import say_cost
from frontdesk.server.pages.console.trace.record import Record, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    label: str
    value: str
    note: str = ""
    is_code: bool = False


def sum_up(record: Record) -> tuple[Sequence[Figure], Sequence[Figure]]:
    """The figures that are read first, and the facts below them."""
    return _figures(record), _facts(record)


_LABELS = ("Total", "First confirmed text", "Confidence", "Cost", "Tokens")


def _figures(record: Record) -> Sequence[Figure]:
    total, confirmed, confidence, cost, used = _LABELS
    first = number(record.part("timings_ms").get("first_confirmed"))
    tokens = [
        sum(int(one.get(name) or 0) for one in record.rows("attempts")) for name in ("input_tokens", "output_tokens")
    ]
    if not record.has_ended:
        return tuple(Figure(label=label, value="–") for label in _LABELS)
    chance = number(record.retrieval.get("confidence"))
    return (
        Figure(label=total, value=words.say_ms(record.total_ms)),
        Figure(label=confirmed, value=words.say_ms(first)),
        Figure(
            label=confidence,
            value=str(record.fields.get("confidence") or "–"),
            note="" if chance is None else f"of the search: {chance:.0%}",
        ),
        Figure(label=cost, value=_cost(record), note=_requests(record)),
        Figure(label=used, value=f"{sum(tokens):,}", note=f"{tokens[0]:,} in, {tokens[1]:,} out"),
    )


def _cost(record: Record) -> str:
    costs = [row.get("cost_usd") for row in record.rows("attempts")]
    known = [Decimal(str(cost)) for cost in costs if cost is not None]
    if not costs:
        return "$0"
    return say_cost(sum(known, Decimal())) if known else "unknown"


def _requests(record: Record) -> str:
    count = len(record.rows("attempts"))
    return "no model was asked" if not count else "one request" if count == 1 else f"{count} requests"


def _facts(record: Record) -> Sequence[Figure]:
    accepted, channel = record.moment("accepted_at"), record.text("channel")
    snapshot = record.part("manifest").get("snapshot_id") or next(
        (row.get("snapshot_id") for row in record.rows("citations")), ""
    )
    return (
        Figure(label="Accepted", value="–" if accepted is None else f"{accepted:%d %b %Y, %H:%M:%S} UTC"),
        Figure(label="Channel", value=words.CHANNELS.get(channel, channel)),
        Figure(label="Language", value=record.text("language")),
        Figure(
            label="Attempt", value=str(record.fields.get("fence") or "–"), note="rises when another worker takes over"
        ),
        *(
            [Figure(label="Given again from", value=record.text("cached_from"), is_code=True)]
            if record.is_from_memory
            else []
        ),
        Figure(label="Release", value=record.text("release_id"), is_code=True),
        Figure(label="Snapshot", value=str(snapshot or "–"), is_code=bool(snapshot)),
    )
