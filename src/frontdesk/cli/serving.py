"""`up` and `serve`: run the server."""

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
import uvloop

from frontdesk.cli.hanging_up import on_hangup
from frontdesk.cli.options import AssistantOption, DataOption, HostOption, JsonOption, PortOption, settings_for
from frontdesk.cli.output import err, out, print_line, progress_of, progress_of_ingest
from frontdesk.settings import Settings

if TYPE_CHECKING:
    from frontdesk.bootstrap import App, Traffic

ADDRESS_FILE = "server.json"
"""In the data folder while a server runs, so that other commands find it."""
TRAFFIC_S = 3.0
"""So long a start waits for simulated customers; whoever still writes then goes on beside the server."""


def up(
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    host: HostOption = None,
    port: PortOption = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="Begin without the conversations of simulated customers.")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Let whoever opens the pages be one of the customers in visitors.yaml.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read in what changed, then serve: everything on this machine.

    The first line on stdout is the address. On stderr follows a link that signs you in to the console; it holds for
    an hour, and each start prints a new one. A staff key is printed the first time only. Where the assistant folder
    has a customers.yaml and nobody has ever written, its simulated customers write first. A change of the assistant
    folder or of its documents goes live by itself; one with a mistake is kept out, and what is live goes on.
    """
    settings = settings_for(assistant, data_dir, host, port, demo=demo or None)
    uvloop.run(_up(settings, is_empty=empty, as_json=as_json))


def serve(
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    host: HostOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the newest snapshot, without reading documents in. With PostgreSQL, start as many as you like.

    SIGHUP takes the assistant folder and the newest snapshot anew; where there is a mistake, what is live goes on.
    """
    uvloop.run(_serve(settings_for(assistant, data_dir, host, port), as_json=as_json))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Welcome:
    """What is told once the server answers."""

    staff_key: str | None
    """Only where it was made just now."""
    link_secret: str = ""
    """Of a link that signs in to the console; empty when none was made."""
    traffic: "Traffic | None" = None
    watches: bool = False
    """Whether changes go live by themselves."""

    def staff_link(self, url: str) -> str | None:
        if not self.link_secret:
            return None
        tour = "?tour=1" if self.traffic else ""
        return f"{url}/console/sign-in{tour}#link={self.link_secret}"


async def _up(settings: Settings, *, is_empty: bool, as_json: bool) -> None:
    from frontdesk.bootstrap import create_staff_link, ensure_staff_key  # noqa: PLC0415  (half a second)

    app = await _open(settings, should_sync=True)
    async with app.resources:
        welcome = _Welcome(
            traffic=None if is_empty else await _let_customers_in(app),
            staff_key=await ensure_staff_key(app.database, app.clock, app.tokens),
            link_secret=await create_staff_link(app),
            watches=True,
        )
        await _run(app, welcome, as_json=as_json)


async def _serve(settings: Settings, *, as_json: bool) -> None:
    from frontdesk.bootstrap import ensure_staff_key  # noqa: PLC0415  (half a second)

    app = await _open(settings, should_sync=False)
    async with app.resources:
        key = await ensure_staff_key(app.database, app.clock, app.tokens)
        await _run(app, _Welcome(staff_key=key), as_json=as_json)


async def _open(settings: Settings, *, should_sync: bool) -> "App":
    from frontdesk.bootstrap import open_app, start_logging  # noqa: PLC0415  (half a second)

    start_logging(settings)
    with progress_of_ingest() as tell:
        return await open_app(settings, progress=tell, should_sync=should_sync)


async def _let_customers_in(app: "App") -> "Traffic | None":
    from frontdesk.bootstrap import open_traffic  # noqa: PLC0415

    traffic = await open_traffic(app)
    if traffic is not None:
        with progress_of("Simulated customers") as tell:
            await traffic.wait(TRAFFIC_S, tell=tell)
    return traffic


async def _run(app: "App", welcome: _Welcome, *, as_json: bool) -> None:
    from frontdesk.server.run import serve as serve_app  # noqa: PLC0415  (half a second)

    address_file = app.settings.data_dir / ADDRESS_FILE

    def announce(url: str) -> None:
        address_file.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
        on_hangup(app.reloader.request)
        if welcome.watches:
            app.reloader.watch()
        if as_json:
            _print_welcome_json(app, welcome, url)
        else:
            _print_welcome(welcome, url)

    try:
        await serve_app(app, host=app.settings.host, port=app.settings.port, on_ready=announce)
    finally:
        address_file.unlink(missing_ok=True)


def _print_welcome_json(app: "App", welcome: _Welcome, url: str) -> None:
    print_line(
        {
            "url": url,
            "staff_link": welcome.staff_link(url),
            "staff_key": welcome.staff_key,
            "release_id": app.releases.serving().manifest.release_id,
        }
    )


def _print_welcome(welcome: _Welcome, url: str) -> None:
    out.print(url, markup=False)
    if link := welcome.staff_link(url):
        err.print(f"Console for staff: {link}", markup=False)
    if welcome.staff_key:
        err.print(f"Staff key, shown this once: {welcome.staff_key}", markup=False)
    if traffic := welcome.traffic:
        verb = "have written" if traffic.is_done else "are still writing"
        count = f"{traffic.conversations} simulated customers"
        err.print(f"{count} {verb}; with --empty nobody comes before you.", style="dim")
    if welcome.watches:
        err.print("What you change in the assistant folder goes live by itself.", style="dim")
    err.print("Stop with Ctrl-C.", style="dim")
