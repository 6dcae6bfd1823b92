"""Tells the people in charge that money runs low, before and when it does."""

from collections.abc import Sequence
from decimal import Decimal

from frontdesk.domain.money import LedgerEntry, Level, Scope
from frontdesk.domain.occurrences import Severity
from frontdesk.domain.release import Ceilings
from frontdesk.domain.usage import Purpose
from frontdesk.ports.telemetry import NoOccurrences, Occurrences, Telemetry

SHARED: frozenset[Scope] = frozenset({"day", "month"})
"""Ceilings that hold for everybody; the others run low for one person and are nobody else's concern."""


class BudgetWatch:
    """Sees every reservation of the process."""

    def __init__(self, telemetry: Telemetry, occurrences: Occurrences | None = None) -> None:
        self._telemetry = telemetry
        self._occurrences = occurrences or NoOccurrences()

    def filled(self, levels: Sequence[Level], ceilings: Ceilings, *, by: Decimal) -> None:
        """Note where this reservation has carried a shared span over one of the steps at which answers get cheaper."""
        for level in levels:
            if level.cap.span.scope in SHARED:
                self.seen(level)
                self._note_step(level, ceilings, by=by)

    def seen(self, level: Level) -> None:
        self._telemetry.budget(
            scope=level.cap.span.scope,
            cap_usd=float(level.cap.usd),
            spent_usd=float(level.spent_usd),
            reserved_usd=float(level.reserved_usd),
        )

    def embedded(self, entries: Sequence[LedgerEntry]) -> None:
        """Count what was spent beside the turns' own requests."""
        for entry in entries:
            self._telemetry.embedded(
                vendor=entry.vendor,
                model=entry.model,
                tokens=entry.usage.input_tokens,
                cost_usd=None if entry.cost_usd is None else float(entry.cost_usd),
            )

    def denied(self, level: Level, purpose: Purpose) -> None:
        """Note that a request was not made for want of money. Only what is shared is an occurrence each time."""
        scope = level.cap.span.scope
        self._telemetry.budget_denied(scope=scope, purpose=purpose)
        if purpose == "answer":
            subject = f"{scope} {level.cap.span.key}" if scope in SHARED else scope
            severity: Severity = "critical" if scope in SHARED else "warning"
            self._occurrences.note("budget.denied", subject=subject, severity=severity, cap_usd=float(level.cap.usd))

    def _note_step(self, level: Level, ceilings: Ceilings, *, by: Decimal) -> None:
        before = float((level.spent_usd + level.reserved_usd - by) / level.cap.usd)
        steps = (ceilings.small_from, ceilings.short_from, ceilings.extractive_from)
        passed = [step for step in steps if before < step <= level.share]
        if passed:
            self._occurrences.note(
                "budget.low",
                subject=f"{level.cap.span.scope} {level.cap.span.key} at {passed[-1]:.0%}",
                severity="critical" if passed[-1] >= ceilings.extractive_from else "warning",
                cap_usd=float(level.cap.usd),
                spent_usd=round(float(level.spent_usd), 6),
                reserved_usd=round(float(level.reserved_usd), 6),
            )
