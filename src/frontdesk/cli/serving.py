"""`up` and `serve`: run the server."""

import json
import os

import uvloop

from frontdesk.cli.options import AssistantOption, DataOption, HostOption, JsonOption, PortOption, settings_for
from frontdesk.cli.output import err, out, print_line, progress_of_ingest
from frontdesk.settings import Settings

ADDRESS_FILE = "server.json"
"""In the data folder while a server runs, so that `ask` and `chat` find it."""


def up(
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    host: HostOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read in what changed, then serve: everything on this machine.

    The first line on stdout is the address. A staff key is printed the first time only.
    """
    uvloop.run(_run(settings_for(assistant, data_dir, host, port), should_sync=True, as_json=as_json))


def serve(
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    host: HostOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the newest snapshot, without reading documents in. With PostgreSQL, start as many as you like."""
    uvloop.run(_run(settings_for(assistant, data_dir, host, port), should_sync=False, as_json=as_json))


async def _run(settings: Settings, *, should_sync: bool, as_json: bool) -> None:
    from frontdesk.bootstrap import ensure_staff_key, open_app, start_logging  # noqa: PLC0415  (half a second)
    from frontdesk.server.run import serve as serve_app  # noqa: PLC0415

    start_logging(settings)
    with progress_of_ingest() as tell:
        app = await open_app(settings, progress=tell, should_sync=should_sync)
    key = await ensure_staff_key(app.database, app.clock, app.tokens)
    address_file = settings.data_dir / ADDRESS_FILE

    def announce(url: str) -> None:
        address_file.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
        if as_json:
            print_line({"url": url, "staff_key": key, "release_id": app.releases.serving().manifest.release_id})
            return
        out.print(url, markup=False)
        if key:
            err.print(f"Staff key, shown this once: {key}", markup=False)
        err.print("Stop with Ctrl-C.", style="dim")

    try:
        await serve_app(app, host=settings.host, port=settings.port, on_ready=announce)
    finally:
        address_file.unlink(missing_ok=True)
