"""A copy of the installation's assistant whose only workflow books in the drill's ledger."""

import shutil
from pathlib import Path

import yaml

from frontdesk.drills.material import prepared_assistant
from frontdesk.releases import read_assistant

WISH = "Please make the booking of the drill"
_MODELS = "answer:\n  - {name: quotes, adapter: extractive}\n"
_NOT_COPIED = ("workflows", "connectors.yaml", "write_back.yaml", "visitors.yaml", "customers.yaml")


def booking_assistant(folder: Path, *, into: Path, port: int, keeps_keys: bool) -> Path:
    """The folder of the copy.

    Args:
        port: of the ledger.
        keeps_keys: whether the ledger is asked in the way that knows keys, or in the way that is read back.
    Raises:
        ConfigError: the assistant has mistakes.
    """
    language = read_assistant(folder).profile.default_language
    source = into.parent / "source"
    shutil.copytree(folder, source, symlinks=True)
    for name in _NOT_COPIED:
        gone = source / name
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink(missing_ok=True)
    (source / "connectors.yaml").write_text(_dump(_connectors(language, port, keeps_keys)), encoding="utf-8")
    (source / "workflows").mkdir()
    (source / "workflows" / "booking.yaml").write_text(_dump(_workflow(language)), encoding="utf-8")
    return prepared_assistant(source, _MODELS, into=into)


def _dump(content: object) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def _connectors(language: str, port: int, keeps_keys: bool) -> dict[str, object]:
    fields = {"booking_id": "id", "reference": "id"}
    book: dict[str, object] = {
        "kind": "effect",
        "needs": "anyone",
        "arguments": {"reference": "id"},
        "request": f"POST /{'keyed' if keeps_keys else 'blind'}/bookings",
        "body": {"reference": "{reference}", "key": "{key}"},
        "timeout_s": 2,
        "fields": fields,
    }
    find: dict[str, object] = {
        "needs": "anyone",
        "arguments": {"key": "text"},
        "request": "GET /blind/bookings",
        "query": {"key": "{key}"},
        "rows": "bookings",
        "is_list": True,
        "fields": fields,
    }
    operations: dict[str, object] = {"book": book}
    if not keeps_keys:
        operations = {"book": {**book, "keeps_keys": False, "read_back": "find"}, "find": find}
    system = {
        "title": {language: "the ledger"},
        "http": {"base_url": f"http://127.0.0.1:{port}"},
        "operations": operations,
    }
    return {"connectors": {"ledger": system}}


def _workflow(language: str) -> dict[str, object]:
    return {
        "owner": "drill",
        "version": 1,
        "title": {language: "a booking of the drill"},
        "needs": "anyone",
        "examples": [WISH],
        "slots": {
            "reference": {"type": "id", "pattern": r"DR-\d{8}", "ask": {language: "Which reference?"}},
        },
        "steps": [
            {"ask": "reference"},
            {
                "confirm": {language: "Shall I book {reference}?"},
                "does": "ledger.book",
                "as": "booked",
                "with": {"reference": "reference"},
            },
            {"say": {language: "Booked as {booked.booking_id}."}},
            {"end": "acted"},
        ],
    }
