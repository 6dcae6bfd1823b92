"""`audit verify|show`: what was refused, approved and changed, and whether nobody has touched the log of it."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from frontdesk.cli.options import DataOption, JsonOption, settings_for
from frontdesk.cli.output import complain, harmless, out, print_json


def verify(data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """Check that every entry of the audit log is as it was written and that none is missing; exit code 1 where not."""
    from frontdesk.bootstrap.audit import verify_audit  # noqa: PLC0415  (half a second)

    entries, broken = asyncio.run(verify_audit(settings_for(data_dir=data_dir)))
    if as_json:
        print_json({"entries": entries, "is_whole": not broken, "problem": broken})
    elif not broken:
        out.print(f"The audit log is whole: {entries} entries.", markup=False)
    else:
        complain(broken)
    if broken:
        raise typer.Exit(1)


def show(
    last: Annotated[int, typer.Option(min=1, max=500, help="How many of the newest entries.")] = 20,
    data_dir: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """The newest entries of the audit log, oldest first."""
    from frontdesk.bootstrap.audit import read_audit  # noqa: PLC0415

    found = asyncio.run(read_audit(settings_for(data_dir=data_dir), last=last))
    if as_json:
        print_json([asdict(entry) | {"at": entry.at.isoformat()} for entry in found])
        return
    for entry in found:
        details = ", ".join(f"{name}: {value}" for name, value in entry.details.items())
        who = entry.subject or "nobody known"
        out.print(f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.action}  {who}  {harmless(details)}", markup=False)
