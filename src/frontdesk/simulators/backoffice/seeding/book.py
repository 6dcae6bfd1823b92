"""Rows as they are collected, and times as distances from now."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from frontdesk.simulators.backoffice.behaviour import to_stamp

Row = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Book:
    """Everything that is seeded, by table."""

    now: datetime
    random: Random
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    _numbers: Counter[str] = field(default_factory=Counter)

    def add(self, table: str, **values: Any) -> Row:
        self.rows[table].append(values)
        return values

    def number(self, kind: str, first: int) -> int:
        """The next free number of a kind, from `first` on."""
        self._numbers[kind] += 1
        return first + self._numbers[kind] - 1

    def ago(self, days: float = 0.0, *, minutes: float = 0.0) -> str:
        return to_stamp(self.now - timedelta(days=days, minutes=minutes))

    def on(self, days_ago: float) -> str:
        return (self.now - timedelta(days=days_ago)).date().isoformat()

    def working_days_ago(self, count: int) -> float:
        """Days ago of the moment `count` working days before now."""
        day, days = self.now, 0
        while count > 0:
            day -= timedelta(days=1)
            days += 1
            count -= day.weekday() < 5
        return float(days)


def working_days_after(day: date, count: int) -> date:
    """The day that lies so many working days (Monday to Friday) after another."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day
