"""Functions of one's own as a system."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from frontdesk.domain.errors import ConfigError
from outside import Outside, described, opened

MODULE = """
import asyncio, threading
begun, go_on = threading.Event(), threading.Event()
calls = []

def plain(customer, day=None):
    return {"id": customer, "total": 12.3}

async def waiting(customer):
    await asyncio.sleep(0)
    return {"id": customer, "total": 1}

def hanging(customer):
    begun.set()
    go_on.wait(20)
    return {"id": customer, "total": 1}

def missing(customer):
    return {}["nobody"]

def refusing(customer):
    raise ValueError(f"{customer} may not")

def broken(customer):
    raise RuntimeError("down")

def broken_effect(customer):
    calls.append(customer)
    raise RuntimeError("down")

def found(key):
    return {"id": key}

def effect(customer, *, key):
    calls.append((customer, key))
    return {"id": customer, "total": 0}
"""


@asynccontextmanager
async def functions(folder: Path, name: str, **operation: Any) -> AsyncIterator[Outside]:
    module = f"rules_{folder.name}".replace("-", "_")
    (folder / f"{module}.py").write_text(MODULE)
    described_so = {
        "function": f"{module}:{name}",
        "arguments": {"customer": "id"},
        "fields": {"id": "id", "total": "money"},
        **operation,
    }
    source = described(folder, {"python": {"attempts": 1}, "operations": {"run": described_so}})
    async with opened(source, folder) as outside:
        yield outside


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("plain", {"id": "c1", "total": Decimal("12.3")}),
        ("waiting", {"id": "c1", "total": Decimal(1)}),
        ("missing", "not_found"),
        ("refusing", "rejected"),
        ("broken", "unavailable"),
    ],
)
async def test_a_function_answers_or_fails_in_an_agreed_way(tmp_path: Path, name: str, end: Any) -> None:
    async with functions(tmp_path, name) as outside:
        found = await outside.call("run", {"customer": "c1"})

    assert (found.row if isinstance(end, dict) else found.kind) == end
    assert "c1" not in getattr(found, "why", "")


async def test_a_function_that_hangs_holds_up_nobody(tmp_path: Path) -> None:
    async with functions(tmp_path, "hanging", timeout_s=0.05) as outside:
        found = await outside.call("run", {"customer": "c1"})
        threads = [thread for thread in threading.enumerate() if thread.name == "connector-function"]
        assert all(thread.daemon for thread in threads)
        _module(tmp_path).go_on.set()
        for thread in threads:
            await asyncio.to_thread(thread.join)

    assert (found.kind, found.details["cause"]) == ("silent", "time")


async def test_an_effect_gets_its_key(tmp_path: Path) -> None:
    async with functions(tmp_path, "effect", kind="effect") as outside:
        await outside.call("run", {"customer": "c1"}, key="k1")

    assert _module(tmp_path).calls == [("c1", "k1")]


async def test_an_effect_that_broke_is_made_once_where_its_function_keeps_no_keys(tmp_path: Path) -> None:
    module = f"rules_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{module}.py").write_text(MODULE)
    look = {"function": f"{module}:found", "arguments": {"key": "id"}, "fields": {"id": "id"}}
    pay = {
        "kind": "effect",
        "function": f"{module}:broken_effect",
        "arguments": {"customer": "id"},
        "keeps_keys": False,
        "read_back": "look",
    }
    source = described(tmp_path, {"python": {}, "operations": {"pay": pay, "look": look}})
    async with opened(source, tmp_path) as outside:
        found = await outside.call("pay", {"customer": "c1"}, key="k1")
        known = await outside.call("look", {"key": "k1"})

    assert (found.kind, found.attempts, known.row) == ("silent", 1, {"id": "k1"})
    assert _module(tmp_path).calls == ["c1"]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("no_such_module:run", "can't be imported"),
        ("json:no_such_function", "has no function 'no_such_function'"),
        ("os:getcwd", "can't take its arguments"),
    ],
)
def test_a_function_that_cannot_be_called_is_said_when_it_is_opened(tmp_path: Path, function: str, said: str) -> None:
    operation = {"function": function, "arguments": {"customer": "id"}, "fields": {}}
    source = described(tmp_path, {"python": {}, "operations": {"run": operation}})

    async def open_it() -> None:
        async with opened(source, tmp_path):
            pass

    with pytest.raises(ConfigError, match=said):
        asyncio.run(open_it())


def _module(folder: Path) -> Any:
    import importlib  # noqa: PLC0415

    return importlib.import_module(f"rules_{folder.name}".replace("-", "_"))
