"""`simulate vendor|backoffice|mcp|proxy`: a model vendor and a shop's systems on this machine, and a bad network."""

import asyncio
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from frontdesk.cli.output import out
from frontdesk.domain.errors import ConfigError, ConfigProblem, MalformedError

if TYPE_CHECKING:
    from frontdesk.simulators.proxy import FaultProxy


def vendor(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 9100,
    first_token_ms: Annotated[float, typer.Option(help="Milliseconds until the first token.")] = 300.0,
    token_ms: Annotated[float, typer.Option(help="Milliseconds per token after it.")] = 20.0,
    falsehoods: Annotated[float, typer.Option(min=0, max=1, help="Share of sentences that are made false.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed tells the same falsehoods.")] = 0,
    requests_per_minute: Annotated[
        int, typer.Option(min=0, help="More are answered with 429 and the time to wait; 0 sets no limit.")
    ] = 0,
    input_usd: Annotated[float, typer.Option(min=0, help="On its bill, for a million tokens read.")] = 0.5,
    output_usd: Annotated[float, typer.Option(min=0, help="On its bill, for a million tokens written.")] = 1.5,
) -> None:
    """Serve a model API that paraphrases the passages it is sent, and breaks or lies on demand.

    It speaks OpenAI's chat completions and Anthropic's Messages. Point models.yaml at it with adapter openai and
    base_url http://127.0.0.1:9100/v1, or with adapter anthropic and base_url http://127.0.0.1:9100. The model's name
    selects what it does; /v1/models lists the names. /debug/requests shows what it was asked, /debug/bill what that
    costs, and a POST to /debug/schedule changes what a model does by time or by requests.
    """
    from frontdesk.simulators.vendor import VendorBehaviour, run  # noqa: PLC0415  (a web stack of its own)

    behaviour = VendorBehaviour(
        first_token_ms=first_token_ms,
        ms_per_token=token_ms,
        lie_rate=falsehoods,
        seed=seed,
        requests_per_minute=requests_per_minute,
        input_usd_per_million=Decimal(str(input_usd)),
        output_usd_per_million=Decimal(str(output_usd)),
    )
    run(host=host, port=port, behaviour=behaviour, on_ready=_announce)


def _announce(url: str) -> None:
    out.print(f"{url}/v1", markup=False)
    sys.stdout.flush()


def backoffice(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 9300,
    file: Annotated[
        Path | None, typer.Option("--file", help="SQLite file; in memory without one.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same shop.")] = 7,
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day it starts on, at noon; else now.", show_default=False),
    ] = None,
    latency_ms: Annotated[float, typer.Option(min=0, help="Milliseconds added to every answer.")] = 0.0,
) -> None:
    """Serve a shop's systems over HTTP: customers, orders, payments, parcels, rules, tickets, appointments, a help desk.

    /docs describes the API. Each system opens with a key of its own, such as X-Api-Key: backoffice-orders. /_situations
    lists customers with a story each, a POST to /_faults breaks what you name, /_log shows what was asked and /_effects
    what was changed, and /_codes the one-time codes sent to customers. Times stay true: what was two days ago at the
    first start is two days ago at every start.
    """
    from frontdesk.simulators.backoffice import BackofficeBehaviour, run  # noqa: PLC0415  (a web stack of its own)

    day: date | None = today.date() if today else None
    behaviour = BackofficeBehaviour(path=file, seed=seed, today=day, latency_ms=latency_ms)
    run(host=host, port=port, behaviour=behaviour, on_ready=_announce_plain)


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Speak streamable HTTP in place of standard input and output.")
    ] = False,
    host: Annotated[str, typer.Option(help="With --http: address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="With --http: port to listen on; 0 takes a free one.")] = 9400,
    events: Annotated[bool, typer.Option("--events", help="With --http: answer as event streams.")] = False,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="The back office's SQLite file; in memory without one.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same shop.")] = 7,
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day it starts on, at noon; else now.", show_default=False),
    ] = None,
    changed_schema: Annotated[
        bool, typer.Option("--changed-schema", help="As after an update that nobody announced: other arguments.")
    ] = False,
) -> None:
    """Offer the back office's data as tools of the Model Context Protocol: orders, parcels, past cases, products.

    A client starts it as a process and speaks over standard input and output, or reaches it at the address that --http
    prints. Its tools only read.
    """
    from frontdesk.simulators.backoffice import BackofficeBehaviour  # noqa: PLC0415  (a web stack of its own)
    from frontdesk.simulators.backoffice.mcp import Speaker, run_http, run_stdio, tools_of  # noqa: PLC0415
    from frontdesk.simulators.backoffice.office import open_office  # noqa: PLC0415

    day: date | None = today.date() if today else None
    office = open_office(BackofficeBehaviour(path=file, seed=seed, today=day))
    speaker = Speaker(office, tools_of(has_changed_schema=changed_schema))
    if http:
        run_http(speaker, host=host, port=port, sends_events=events, on_ready=_announce_plain)
    else:
        run_stdio(speaker, sys.stdin, sys.stdout)


def _announce_plain(url: str) -> None:
    out.print(url, markup=False)
    sys.stdout.flush()


def proxy(
    to: Annotated[str, typer.Option("--to", help="Where connections go, as HOST:PORT.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 9200,
    delay_ms: Annotated[float, typer.Option(min=0, help="Milliseconds that every piece is late.")] = 0.0,
    bytes_per_s: Annotated[int, typer.Option(min=0, help="So fast at most; 0 sets no limit.")] = 0,
    cut_after: Annotated[
        int | None, typer.Option(min=0, help="Close after so many bytes from the server.", show_default=False)
    ] = None,
    reset_after: Annotated[
        int | None, typer.Option(min=0, help="Reset after so many bytes from the server.", show_default=False)
    ] = None,
    black_hole: Annotated[bool, typer.Option("--black-hole", help="Take everything and say nothing.")] = False,
    buffering: Annotated[bool, typer.Option("--buffering", help="Hold a reply back until it has ended.")] = False,
) -> None:
    """Stand between two programs and spoil their connections: late, slow, cut, reset or swallowed.

    Point models.yaml, a browser or a database's address at it instead of at the server.
    """
    from frontdesk.simulators.proxy import FaultProxy, ProxyBehaviour  # noqa: PLC0415

    server_host, server_port = _place(to)
    behaviour = ProxyBehaviour(
        delay_ms=delay_ms,
        bytes_per_s=bytes_per_s,
        cut_after=cut_after,
        reset_after=reset_after,
        is_black_hole=black_hole,
        is_buffering=buffering,
    )
    asyncio.run(_serve_proxy(FaultProxy(server_host, server_port, behaviour), host, port))


def _place(to: str) -> tuple[str, int]:
    host, _, port = to.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise MalformedError(f"--to must be HOST:PORT, such as 127.0.0.1:9100, and not {to!r}.", field="to")
    return host.strip("[]"), int(port)


async def _serve_proxy(served: "FaultProxy", host: str, port: int) -> None:
    try:
        await served.listen(host, port)
    except OSError as error:
        problem = ConfigProblem(
            where=f"{host}:{port}",
            message=f"The address cannot be used: {error.strerror or error}.",
            hint="Choose another port.",
        )
        raise ConfigError([problem]) from error
    out.print(served.url, markup=False)
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await served.close()
