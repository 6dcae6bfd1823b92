"""`config show`, `config schema` and `doctor`."""

import asyncio
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from frontdesk.cli.options import AssistantOption, DataOption, JsonOption, settings_for
from frontdesk.cli.output import harmless, out, print_json
from frontdesk.cli.reaching import running_address
from frontdesk.releases import FILES, MANY_FILES, json_schema
from frontdesk.settings import Settings, describe_settings

if TYPE_CHECKING:
    from frontdesk.bootstrap.doctor import Check

_SCHEMAS = ", ".join((*FILES, *MANY_FILES))
_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


def show(assistant: AssistantOption = None, data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """Every setting with its value, where it comes from, and what it does."""
    rows = describe_settings(settings_for(assistant, data_dir))
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("name", "value", "origin", "effect"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row["name"], harmless(row["value"]), row["origin"], row["effect"])
    out.print(table)


def schema(file: Annotated[str, typer.Argument(help=f"One of {_SCHEMAS}.")]) -> None:
    """The JSON Schema of a file of the assistant folder, for editors."""
    if file not in FILES and file not in MANY_FILES:
        raise typer.BadParameter(f"There is no schema for '{file}'. Known are {_SCHEMAS}.")
    print_json(json_schema(file))


def doctor(
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no model vendor.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the settings, the assistant folder, the models behind it, the budget and the knowledge.

    Vendors are asked for the list of their models, which costs nothing and takes five seconds at most. Exit code 1
    when there is a problem; warnings alone leave it at 0.
    """
    sys.exit(asyncio.run(_doctor(settings_for(assistant, data_dir), is_offline=offline, as_json=as_json)))


async def _doctor(settings: Settings, *, is_offline: bool, as_json: bool) -> int:
    from frontdesk.bootstrap.doctor import examine  # noqa: PLC0415  (half a second)

    checks: list[Check] = []
    async for check in examine(settings, is_offline=is_offline, server=await running_address(settings)):
        checks.append(check)
        if not as_json:
            mark, style = _MARKS[check.state]
            out.print(f"{mark} {check.name}: {harmless(check.sentence)}", style=style, markup=False)
    if as_json:
        print_json([asdict(check) for check in checks])
    return 1 if any(check.state == "problem" for check in checks) else 0
