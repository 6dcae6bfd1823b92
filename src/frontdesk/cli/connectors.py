"""`connector list|check|call|pin|add`: the systems that workflows read from and act on."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from frontdesk.cli.options import AssistantOption, JsonOption, settings_for
from frontdesk.cli.output import err, harmless, harmless_line, out, print_json
from frontdesk.domain.connector import ArgumentSpec, CallFailure, CallResult, OperationSpec, Value
from frontdesk.domain.connector_source import ConnectorSource, HttpSource, McpSource, PythonSource
from frontdesk.domain.errors import ConfigError, MalformedError, NotFoundError
from frontdesk.domain.localised import localised
from frontdesk.releases.connectors_edit import ready_mapping, ready_names, with_pins, with_system
from frontdesk.releases.connectors_file import FILE, read_connectors
from frontdesk.settings import Settings

if TYPE_CHECKING:
    from frontdesk.bootstrap.doctor import Check

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}
SystemArgument = Annotated[
    str, typer.Argument(metavar="[NAME]", help="A system of connectors.yaml; all of them by default.")
]


def list_systems(assistant: AssistantOption = None, as_json: JsonOption = False) -> None:
    """Every system of connectors.yaml with its operations, and the ready mappings that can be added."""
    sources = read_connectors(settings_for(assistant).assistant_dir)
    if as_json:
        print_json([_plain(source) for source in sources])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("operation", "kind", "needs", "arguments", "title"):
        table.add_column(name, overflow="fold")
    for source in sources:
        for spec in (one.spec for one in source.operations):
            arguments = ", ".join(_argument_in_words(one) for one in spec.arguments)
            table.add_row(
                spec.qualified, spec.kind, spec.needs, arguments, harmless_line(localised(spec.title, "en", "en"))
            )
    if sources:
        out.print(table)
    else:
        err.print("There are no systems yet: there is no connectors.yaml.", markup=False)
    err.print(f"`frontdesk connector add` knows {', '.join(ready_names())}.", markup=False)


def check(name: SystemArgument = "", assistant: AssistantOption = None, as_json: JsonOption = False) -> None:
    """Ask each system for what doesn't exist: is it there, does it take our key, is it still as it was agreed to be?

    Nothing is changed anywhere and nobody's data is read. Exit code 1 when there is a problem.
    """
    settings = settings_for(assistant)
    checks = asyncio.run(_checks(settings, _chosen(settings, name)))
    if as_json:
        print_json([asdict(one) for one in checks])
    else:
        for one in checks:
            mark, style = _MARKS[one.state]
            out.print(f"{mark} {harmless(one.sentence)}", style=style, markup=False)
    sys.exit(1 if any(one.state == "problem" for one in checks) else 0)


def call(
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="Such as shop.orders.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGUMENT=VALUE]...", help="Such as order=1042.", show_default=False)
    ] = None,
    customer: Annotated[
        str, typer.Option("--customer", help="Whom the arguments mean that are bound to the verified customer.")
    ] = "",
    key: Annotated[
        str, typer.Option("--key", help="An effect needs one, and takes place once for each: it changes something.")
    ] = "",
    assistant: AssistantOption = None,
    as_json: JsonOption = False,
) -> None:
    """Call one operation as a workflow would, and show the typed records, or which way it failed.

    Nothing looks here at whose records come: that is for workflows. Exit code 1 when it failed.
    """
    settings = settings_for(assistant)
    name, _, short = operation.partition(".")
    (source,) = _chosen(settings, name)
    spec = next((one.spec for one in source.operations if one.spec.name == short), None)
    if spec is None:
        known = ", ".join(one.spec.qualified for one in source.operations)
        raise NotFoundError(f"There is no operation '{operation}'. There are {known}.")
    if spec.kind == "effect" and not key:
        raise MalformedError(f"{operation} changes something: give it a --key of its own, and mean it.", field="key")
    ended = asyncio.run(_call(settings, source, spec, _values(spec, arguments or [], customer), key))
    _show(ended, spec, as_json=as_json)
    sys.exit(1 if isinstance(ended, CallFailure) else 0)


def pin(
    name: SystemArgument = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the pins and write nothing.")] = False,
    assistant: AssistantOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down the schemas of the tools that connectors.yaml names, as their servers have them now.

    From then on a tool with another schema is refused. Look at what changed before you pin it again.
    """
    settings = settings_for(assistant)
    sources = [source for source in _chosen(settings, name) if isinstance(source, McpSource)]
    if not sources:
        raise NotFoundError("There is no server of the Model Context Protocol in connectors.yaml.")
    found = asyncio.run(_pins(settings, sources))
    path = settings.assistant_dir / FILE
    if not dry_run:
        _write(path, with_pins(path.read_text(encoding="utf-8"), found))
    if as_json:
        print_json({f"{system}.{operation}": digest for (system, operation), digest in found.items()})
        return
    for (system, operation), digest in found.items():
        out.print(f"{system}.{operation}  {digest}", markup=False)


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(ready_names())}.")],
    assistant: AssistantOption = None,
) -> None:
    """Add a ready mapping to connectors.yaml, to be fitted to one's own account there."""
    folder = settings_for(assistant).assistant_dir
    ready, path = ready_mapping(name), folder / FILE
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    _write(path, with_system(old, ready, name))
    out.print(f"Added `{name}` to {path}.", markup=False)
    variables = sorted(
        {variable for source in read_connectors(folder) if source.name == name for variable in _variables(source)}
    )
    if variables:
        err.print(f"It takes its secrets from {', '.join(variables)}; set them where the server starts.", markup=False)
    err.print(f"Look through it, then run `frontdesk connector check {name}`.", markup=False)


def _chosen(settings: Settings, name: str) -> Sequence[ConnectorSource]:
    sources = read_connectors(settings.assistant_dir)
    if not name:
        return sources
    chosen = [source for source in sources if source.name == name]
    if not chosen:
        known = ", ".join(source.name for source in sources) or "none"
        raise NotFoundError(f"connectors.yaml has no system '{name}'. It has {known}.")
    return chosen


async def _checks(settings: Settings, sources: Sequence[ConnectorSource]) -> "list[Check]":
    from frontdesk.bootstrap.doctor.systems import check_systems  # noqa: PLC0415  (half a second)

    return await check_systems(settings, sources)


async def _call(
    settings: Settings, source: ConnectorSource, spec: OperationSpec, values: Mapping[str, Value], key: str
) -> CallResult | CallFailure:
    from frontdesk.bootstrap.connectors import one_system  # noqa: PLC0415

    async with one_system(settings, source) as system:
        return await system.call(spec.name, values, key=key, deadline_s=3 * spec.timeout_s)


async def _pins(settings: Settings, sources: Sequence[McpSource]) -> Mapping[tuple[str, str], str]:
    from frontdesk.bootstrap.connectors import pins_of  # noqa: PLC0415

    found: dict[tuple[str, str], str] = {}
    for source in sources:
        found.update(
            {(source.name, operation): digest for operation, digest in (await pins_of(settings, source)).items()}
        )
    return found


def _values(spec: OperationSpec, given: Sequence[str], customer: str) -> Mapping[str, Value]:
    written = dict(pair.partition("=")[::2] for pair in given)
    known = {one.name: one for one in spec.arguments}
    if unknown := sorted(set(written) - set(known)):
        raise MalformedError(f"{spec.qualified} has no argument '{unknown[0]}'. It takes {', '.join(known)}.")
    bound = [one for one in spec.arguments if one.bind]
    if bound and not customer:
        raise MalformedError(f"{spec.qualified} is for one customer: say whom with --customer.", field="customer")
    written |= {one.name: customer for one in bound}
    return {name: _value(known[name], text) for name, text in written.items()}


def _value(spec: ArgumentSpec, text: str) -> Value:
    try:
        match spec.type:
            case "number":
                return Decimal(text) if "." in text else int(text)
            case "money":
                return Decimal(text)
            case "date":
                return date.fromisoformat(text)
            case "time":
                return datetime.fromisoformat(text)
            case "yes_no":
                return _YES_NO[text.lower()]
            case _:
                return text
    except (ValueError, KeyError, InvalidOperation):
        raise MalformedError(f"'{text}' is no {spec.type}, which {spec.name} has to be.", field=spec.name) from None


def _show(ended: CallResult | CallFailure, spec: OperationSpec, *, as_json: bool) -> None:
    if isinstance(ended, CallFailure):
        if as_json:
            print_json(
                {"kind": ended.kind, "why": ended.why, "attempts": ended.attempts, "details": dict(ended.details)}
            )
        else:
            tries = "1 attempt" if ended.attempts == 1 else f"{ended.attempts} attempts"
            err.print(
                f"{ended.kind}: {harmless_line(ended.why)} ({tries}, {ended.took_ms:.0f} ms)", style="red", markup=False
            )
        return
    private = {one.name for one in spec.fields if one.is_private}
    rows = [{name: "(private)" if name in private else value for name, value in row.items()} for row in ended.rows]
    if as_json:
        print_json({"rows": rows, "is_partial": ended.is_partial, "took_ms": round(ended.took_ms, 1)})
        return
    for row in rows:
        for name, value in row.items():
            out.print(f"{name}: {harmless_line(str(value))}", markup=False)
        out.print("")
    more = ", and there are more" if ended.is_partial else ""
    count = "1 record" if len(rows) == 1 else f"{len(rows)} records"
    err.print(f"{count} in {ended.took_ms:.0f} ms{more}.", markup=False)


def _write(path: Path, text: str) -> None:
    """Only what can be read again.

    Raises:
        ConfigError: the file would have mistakes; it stays as it was.
    """
    old = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(text, encoding="utf-8")
    try:
        read_connectors(path.parent)
    except ConfigError:
        if old is None:
            path.unlink()
        else:
            path.write_text(old, encoding="utf-8")
        raise


def _plain(source: ConnectorSource) -> dict[str, Any]:
    return {
        "name": source.name,
        "title": dict(source.title),
        "transport": type(source).__name__.removesuffix("Source").lower(),
        "secrets": _variables(source),
        "operations": [asdict(one.spec) for one in source.operations],
    }


def _variables(source: ConnectorSource) -> list[str]:
    if isinstance(source, PythonSource):
        return []
    if isinstance(source, HttpSource | McpSource):
        named = [source.auth.user_env, source.auth.secret_env]
        return [
            name for name in (*named, *(source.environment.values() if isinstance(source, McpSource) else ())) if name
        ]
    return [source.url_env] if source.url_env else []


def _argument_in_words(spec: ArgumentSpec) -> str:
    name = spec.name if spec.is_required else f"[{spec.name}]"
    return f"{name} (the customer)" if spec.bind else name
