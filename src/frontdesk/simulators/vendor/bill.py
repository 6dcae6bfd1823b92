"""The vendor's bill: what it read of requests that it took, and wrote until the client hung up, by day and model."""

import csv
import io
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from frontdesk.simulators.vendor.behaviour import VendorBehaviour

_MILLION = Decimal(1_000_000)
COLUMNS = ("day", "model", "requests", "input_tokens", "output_tokens", "usd")


@dataclass(slots=True)
class _Line:
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def usd(self, behaviour: VendorBehaviour) -> Decimal:
        read = self.input_tokens * behaviour.input_usd_per_million
        return (read + self.output_tokens * behaviour.output_usd_per_million) / _MILLION


@dataclass(slots=True)
class Bill:
    """Running totals; a request that was refused costs nothing."""

    behaviour: VendorBehaviour
    lines: dict[tuple[str, str], _Line] = field(default_factory=lambda: defaultdict(_Line))

    def charge(self, model: str, at_s: float, *, input_tokens: int, output_tokens: int) -> None:
        line = self.lines[datetime.fromtimestamp(at_s, UTC).date().isoformat(), model]
        line.requests += 1
        line.input_tokens += input_tokens
        line.output_tokens += output_tokens

    def to_json(self) -> dict[str, Any]:
        """Amounts are texts, so that no digit is lost."""
        lines = [dict(zip(COLUMNS, row, strict=True)) for row in self._rows()]
        return {
            "currency": "USD",
            "lines": lines,
            "usd": str(sum((Decimal(line["usd"]) for line in lines), Decimal(0))),
        }

    def to_csv(self) -> str:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(self._rows())
        return text.getvalue()

    def _rows(self) -> list[tuple[Any, ...]]:
        return [
            (day, model, line.requests, line.input_tokens, line.output_tokens, str(line.usd(self.behaviour)))
            for (day, model), line in sorted(self.lines.items())
        ]
