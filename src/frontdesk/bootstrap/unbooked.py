"""What a command has spent while another process has the ledger: kept in files until somebody books it, once."""

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from frontdesk.domain.money import LedgerEntry
from frontdesk.domain.usage import Usage
from frontdesk.ports.stores import Database, Stores

log = structlog.get_logger()

FOLDER = "unbooked"


class Unbooked:
    """A folder of small files, each written whole or not at all."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def keep(self, entries: Sequence[LedgerEntry], *, name: str) -> None:
        """Keep embeddings that nobody in particular asked for.

        Args:
            name: nobody else's.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        whole, unfinished = self._folder / f"{name}.json", self._folder / f".{name}.tmp"
        with unfinished.open("w", encoding="utf-8") as file:
            json.dump([_to_plain(entry) for entry in entries], file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(whole)

    async def book(self, database: Database) -> None:
        """Book every file and remove it. One that was booked by somebody who then died is only removed."""
        for file in await asyncio.to_thread(self._files):
            try:
                entries = [_to_entry(row, file.stem) for row in json.loads(file.read_text(encoding="utf-8"))]
            except (OSError, ValueError, KeyError, TypeError, ArithmeticError):
                log.exception("unbooked_file_unreadable", file=file.name)
                continue
            await database.write(partial(_book_once, entries=entries))
            file.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []


def _book_once(stores: Stores, *, entries: Sequence[LedgerEntry]) -> None:
    if entries and not stores.ledger.has_note(entries[0].note, at=entries[0].at):
        stores.ledger.add(entries)


def _to_plain(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "vendor": entry.vendor,
        "model": entry.model,
        "tokens": entry.usage.input_tokens,
        "cost_usd": None if entry.cost_usd is None else str(entry.cost_usd),
        "is_estimated": entry.is_estimated,
    }


def _to_entry(row: dict[str, Any], name: str) -> LedgerEntry:
    return LedgerEntry(
        at=datetime.fromisoformat(row["at"]),
        purpose="embed",
        vendor=row["vendor"],
        model=row["model"],
        usage=Usage(input_tokens=int(row["tokens"])),
        cost_usd=None if row["cost_usd"] is None else Decimal(row["cost_usd"]),
        is_estimated=bool(row["is_estimated"]),
        note=f"Read in by command, {name}.",
    )
