"""What was spent as JSON has it: amounts are texts, so that no digit is lost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from frontdesk.domain.costs import CostLine, CostReport, Projection
from frontdesk.domain.reconciliation import Difference


def plain_costs(report: CostReport) -> dict[str, Any]:
    """The report as JSON has it; `until` is the last day that counts."""
    counts = report.counts
    return {
        "since": f"{report.since:%Y-%m-%d}",
        "until": f"{report.until - timedelta(days=1):%Y-%m-%d}",
        "by": report.by,
        "lines": [_plain_line(line) for line in report.lines],
        "is_cut_short": report.is_cut_short,
        "total": _plain_line(report.total),
        "turns": counts.turns,
        "answered": counts.answered,
        "conversations": counts.conversations,
        "resolved": counts.resolved,
        "per_turn_usd": _each(report.per_turn_usd),
        "per_answered_usd": _each(report.per_answered_usd),
        "per_conversation_usd": _each(report.per_conversation_usd),
        "per_resolved_usd": _each(report.per_resolved_usd),
        "projection": _plain_projection(report.projection),
    }


def plain_difference(one: Difference) -> dict[str, Any]:
    return {
        "day": one.day.isoformat(),
        "vendor": one.vendor,
        "model": one.model,
        "billed_usd": plain_usd(one.billed_usd),
        "booked_usd": plain_usd(one.booked_usd),
        "usd": plain_usd(one.usd),
        "billed_tokens": one.billed_tokens,
        "booked_tokens": one.booked_tokens,
        "requests": one.requests,
    }


def plain_usd(amount: Decimal) -> str:
    """Exact, without an exponent and without idle zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def _each(amount: Decimal | None) -> str | None:
    return None if amount is None else plain_usd(round(amount, 9))


def _plain_line(line: CostLine) -> dict[str, Any]:
    return {
        "key": line.key,
        "requests": line.requests,
        "turns": line.turns,
        "input_tokens": line.input_tokens,
        "output_tokens": line.output_tokens,
        "cached_tokens": line.cached_tokens,
        "usd": plain_usd(line.usd),
        "unknown": line.unknown,
        "estimated_usd": plain_usd(line.estimated_usd),
        "adjusted_usd": plain_usd(line.adjusted_usd),
    }


def _plain_projection(found: Projection | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "month": found.month,
        "spent_usd": plain_usd(found.spent_usd),
        "expected_usd": plain_usd(found.expected_usd),
        "low_usd": plain_usd(found.low_usd),
        "high_usd": plain_usd(found.high_usd),
        "days": found.days,
    }
