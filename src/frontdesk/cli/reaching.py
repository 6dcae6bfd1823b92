"""Finding the server that runs on a data folder, and reading what it answers."""

import json
import os
import sys
from contextlib import suppress
from typing import Any

import httpx
import typer

from frontdesk.cli.output import complain
from frontdesk.cli.serving import ADDRESS_FILE
from frontdesk.domain.errors import InputError, UnavailableError
from frontdesk.settings import Settings


async def running_address(settings: Settings) -> str | None:
    """The address of the server on this data folder, when it is alive."""
    with suppress(OSError, ValueError, KeyError, httpx.HTTPError):
        known = json.loads((settings.data_dir / ADDRESS_FILE).read_text(encoding="utf-8"))
        os.kill(int(known["pid"]), 0)
        async with httpx.AsyncClient(base_url=known["url"], timeout=2) as client:
            (await client.get("/healthz")).raise_for_status()
        return str(known["url"])
    return None


def checked(response: httpx.Response) -> dict[str, Any]:
    """The JSON of a good answer.

    Raises:
        typer.Exit: the server said no; its words were printed.
        UnavailableError: the answer is not from a Frontdesk server.
    """
    try:
        body = response.json()
    except ValueError:
        raise UnavailableError(f"{response.request.url.host} did not answer as a Frontdesk server does.") from None
    if response.is_error:
        complain(body.get("detail") or body.get("title") or f"the server answered {response.status_code}")
        raise typer.Exit(1)
    return dict(body)


async def server_in_the_way(settings: Settings) -> str | None:
    """The running server, where it alone may write; to PostgreSQL everybody may."""
    return await running_address(settings) if settings.effective_database_url.startswith("sqlite") else None


async def ask_server(address: str, method: str, path: str, **body: Any) -> dict[str, Any]:
    """The JSON of a good answer to somebody with a staff key, which is typed unseen or read from standard input."""
    headers = {"Authorization": f"Bearer {_read_key(address)}"}
    async with httpx.AsyncClient(base_url=address, timeout=30, headers=headers) as client:
        return checked(await client.request(method, path, **body))


def _read_key(address: str) -> str:
    """A staff key, typed unseen or from standard input.

    Raises:
        InputError: none was given.
    """
    if sys.stdin.isatty():
        return str(typer.prompt(f"A staff key of the server at {address}", hide_input=True, err=True)).strip()
    key = sys.stdin.readline().strip()
    if not key:
        raise InputError(
            f"A server runs on this data folder, at {address}, and only it may write there. Send one of its staff keys "
            "on standard input, or stop it first."
        )
    return key
