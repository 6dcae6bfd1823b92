"""What surrounds the assistant folder: where things are kept, the documents, and a server that runs here."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from frontdesk.adapters.stores import sqlite_path, try_postgres
from frontdesk.bootstrap.doctor.check import Check
from frontdesk.bootstrap.knowledge import open_embedder, open_snapshot
from frontdesk.domain.errors import ConfigError, DependencyError, FrontdeskError, UnavailableError
from frontdesk.settings import Settings

WAIT_S = 5.0
"""For anything that is asked."""


async def check_data(settings: Settings) -> list[Check]:
    """The data folder can be written to, and the database answers; nothing is changed in either."""
    return [*_check_folder(settings.data_dir), *(await _check_database(settings))]


def _check_folder(folder: Path) -> Iterator[Check]:
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        return
    yield Check(
        name="data folder",
        state="problem",
        where="FRONTDESK_DATA_DIR",
        detail=f"{folder} cannot be written to.",
        remedy="Name a folder that this user may write to.",
    )


async def _check_database(settings: Settings) -> list[Check]:
    url = settings.effective_database_url
    try:
        if sqlite_path(url) is not None:
            return [Check(name="database", state="ok", detail="SQLite in the data folder, for one server")]
        async with asyncio.timeout(WAIT_S):
            await try_postgres(url, timeout_s=WAIT_S)
    except ConfigError as error:
        return [_no_database(problem.message, problem.hint) for problem in error.problems]
    except UnavailableError as error:
        return [_no_database(error.public_message)]
    except TimeoutError:
        return [_no_database(f"It does not answer within {WAIT_S:.0f} s.")]
    return [Check(name="database", state="ok", detail="PostgreSQL lets us in, for any number of servers")]


def _no_database(
    why: str, remedy: str = "See that host, port, user, password and name are right and PostgreSQL runs."
) -> Check:
    return Check(name="database", state="problem", where="FRONTDESK_DATABASE_URL", detail=why, remedy=remedy)


async def check_embedder(settings: Settings, *, is_offline: bool) -> tuple[Check, str]:
    """What is said, and the embedder's fingerprint; empty where there is none."""
    embedder = await asyncio.to_thread(open_embedder, settings)
    if embedder is None:
        return _no_embedder(settings), ""
    if settings.embedder == "openai" and not is_offline:
        try:
            async with asyncio.timeout(WAIT_S):
                await embedder.embed(["a word"])
        except (DependencyError, TimeoutError) as error:
            why = error.public_message if isinstance(error, DependencyError) else "It does not answer in time."
            return _no_vectors(why), embedder.fingerprint
    return Check(name="embedder", state="ok", detail=embedder.fingerprint), embedder.fingerprint


def _no_embedder(settings: Settings) -> Check:
    if settings.embedder == "none":
        return Check(name="embedder", state="ok", detail="none is wanted, search is by words only")
    detail = "not available, search is lexical only;"
    return Check(name="embedder", state="warning", detail=detail, remedy="`make setup` brings it.")


def _no_vectors(why: str) -> Check:
    return Check(
        name="embedder",
        state="problem",
        where="FRONTDESK_EMBEDDER_URL",
        detail=f"The embedding endpoint gives no vectors: {why}",
        remedy="See that address, key, model and dimension are right; until then search is by words only.",
    )


def check_snapshot(settings: Settings, fingerprint: str) -> Check:
    try:
        manifest = open_snapshot(settings).manifest
    except FrontdeskError as error:
        return Check(name="knowledge", state="warning", detail=error.public_message)
    if manifest.embedder != fingerprint:
        return Check(
            name="knowledge",
            state="warning",
            detail="embedded by another embedder.",
            remedy="`frontdesk knowledge sync` renews it.",
        )
    return Check(
        name="knowledge", state="ok", detail=f"{manifest.document_count} documents, {manifest.chunk_count} chunks"
    )


async def check_server(url: str) -> Check:
    """What the server at this address, which runs on this data folder, says of itself."""
    try:
        async with httpx.AsyncClient(timeout=WAIT_S) as client:
            ready: dict[str, Any] = (await client.get(f"{url}/readyz")).json()
    except (ValueError, httpx.HTTPError):
        return Check(name="server", state="warning", where=url, detail="It does not answer.")
    if ready.get("config") == "rejected":
        return Check(
            name="server",
            state="warning",
            where=url,
            detail="It serves the last good assistant folder; a later change had mistakes.",
            remedy="Once the folder is right, `up` takes it by itself, and `serve` on SIGHUP.",
        )
    return Check(name="server", state="ok", detail=f"{url} is {ready.get('status')}, release {ready.get('release')}")
