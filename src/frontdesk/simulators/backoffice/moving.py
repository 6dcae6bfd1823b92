"""Moves a file's times by whole days, so that what happened two days ago still did when it is opened a week later."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from frontdesk.simulators.backoffice.seeding.workshop import slots_after

_KEPT = frozenset({"effects", "kept_keys", "codes", "meta", "appointments", "slots"})
"""What was really done keeps its time, and so do the days of a calendar."""


class _Storage(Protocol):
    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]: ...

    def scalar(self, sql: str, *values: object) -> Any: ...

    def insert_new(self, table: str, rows: Sequence[dict[str, Any]]) -> None: ...

    def update(self, table: str, where: dict[str, object], **values: object) -> None: ...


def move_times(storage: _Storage, today: date) -> None:
    """Move every time and date on by the days since the file's own day; never back."""
    was = date.fromisoformat(storage.scalar("SELECT value FROM meta WHERE name = 'day'"))
    days = (today - was).days
    if days <= 0:
        return
    for table in storage.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if table["name"] not in _KEPT:
            _move(storage, table["name"], f"{days} days")
    storage.insert_new("slots", list(slots_after(today)))
    storage.update("meta", {"name": "day"}, value=today.isoformat())


def _move(storage: _Storage, table: str, by: str) -> None:
    sets = []
    for column in storage.rows("SELECT name FROM pragma_table_info(?)", table):
        name = column["name"]
        if name == "at" or name.endswith("_at"):
            sets.append(f"{name} = strftime('%Y-%m-%dT%H:%M:%SZ', {name}, '{by}')")
        elif name.endswith(("_on", "_since", "_until")):
            sets.append(f"{name} = date({name}, '{by}')")
    if sets:
        storage.rows(f"UPDATE {table} SET {', '.join(sets)}")  # noqa: S608
