"""`drill crash`: kill servers with turns in flight, and count what is lost."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from frontdesk.cli.options import AssistantOption, JsonOption, settings_for
from frontdesk.cli.output import err, harmless_line, out, print_json

if TYPE_CHECKING:
    from frontdesk.drills.crash import Findings, Report
    from frontdesk.drills.crash import Progress as Tell

_SHOWN = 20
"""Violations that are printed; --json has them all."""
_PHASES = {"preparing": "Starting", "kills": "Kills", "cuts": "Cuts"}


class Signal(StrEnum):
    """How a round's server ends."""

    KILL = "kill"
    TERM = "term"


def crash(
    kills: Annotated[int, typer.Option(min=0, max=10_000, help="How often a server is ended.")] = 100,
    turns: Annotated[int, typer.Option(min=1, max=200, help="Turns in flight each time.")] = 20,
    replicas: Annotated[int, typer.Option(min=1, max=8, help="Servers on the PostgreSQL database.")] = 2,
    cuts: Annotated[int, typer.Option(min=0, max=100_000, help="Streams that are cut at a random byte.")] = 500,
    signal: Annotated[
        Signal, typer.Option(help="kill: no farewell. term: in order, as an update ends them.")
    ] = Signal.KILL,
    database_url: Annotated[
        str,
        typer.Option(
            help="PostgreSQL server for several replicas; a database is made there and dropped. Empty: SQLite."
        ),
    ] = "",
    restart_database: Annotated[
        str, typer.Option(help="Command that restarts the PostgreSQL server; run in each round, and the servers stay.")
    ] = "",
    assistant: AssistantOption = None,
    seed: Annotated[int, typer.Option(help="The same seed ends servers at the same moments.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Kill servers with turns in flight, cut streams, and count what is lost, told twice or mixed.

    Everything runs beside the installation: a copy of its assistant with a simulated model, servers and a database of
    its own. A checker reads the database and what every customer heard. Exit code 1 if any promise was broken.
    """
    from frontdesk.drills.crash import CrashOptions, run_crash_drill  # noqa: PLC0415  (half a second)

    if restart_database and not database_url:
        raise typer.BadParameter("it restarts the server that --database-url names", param_hint="--restart-database")
    options = CrashOptions(
        assistant=settings_for(assistant).assistant_dir,
        database_url=database_url,
        kills=kills,
        turns=turns,
        replicas=replicas,
        cuts=cuts,
        signal="database" if restart_database else signal.value,
        restart_database=restart_database,
        seed=seed,
    )
    with _progress() as tell:
        report = asyncio.run(run_crash_drill(options, tell=tell))
    if as_json:
        print_json(report.as_json())
    else:
        _print(report)
    raise typer.Exit(0 if report.is_clean else 1)


@contextmanager
def _progress() -> "Iterator[Tell]":
    """One line per phase on stderr with the harm found so far; nothing where it is no terminal."""
    columns = (TextColumn("{task.description:<9}"), BarColumn(bar_width=30), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[found]}"), console=err, disable=not err.is_terminal) as bars:
        lines: dict[str, Any] = {}

        def tell(phase: str, done: int, total: int, found: "Findings") -> None:
            if phase not in lines:
                lines[phase] = bars.add_task(_PHASES[phase], total=total, found="")
            bars.update(lines[phase], completed=done, total=total, found=_so_far(found))

        yield tell


def _so_far(found: "Findings") -> str:
    harms = ", ".join(f"{count} {harm}" for harm, count in found.harms.items() if count)
    return f"{harms or 'nothing lost'} in {found.turns} turns" if found.turns else ""


def _print(report: "Report") -> None:
    servers = "one server" if report.servers == 1 else f"{report.servers} servers"
    end = {"kill": "killed", "term": "ended in order", "database": "without their database"}[report.signal]
    out.print(f"{report.database}, {servers}, {report.kills.rounds} times {end}, seed {report.seed}", markup=False)
    _print_table(report)
    _print_promises(report)
    for violation in (*report.kills.violations, *report.cuts.violations)[:_SHOWN]:
        line = f"{violation.invariant} {violation.harm}: {violation.where}: {violation.what}"
        out.print(harmless_line(line), style="red", markup=False)
    for count, what in ((report.late_take_overs, "take-overs"), (report.late_words, "words on a message's fate")):
        if count:
            out.print(f"{count} {what} took longer than 5 s.", style="red", markup=False)
    verdict = "Every promise held." if report.is_clean else "Promises were broken."
    out.print(f"{verdict} {report.seconds:.0f} s.", style="green" if report.is_clean else "red", markup=False)


def _print_table(report: "Report") -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for heading in ("turns", *report.kills.harms, "at most (95 %)"):
        table.add_column(heading, justify="right")
    for name, found in (("kills", report.kills), ("cuts", report.cuts)):
        if found.turns:
            table.add_row(name, str(found.turns), *map(str, found.harms.values()), _bound(found))
    out.print(table)
    for line in (*_told_of_kills(report.kills), *_told_of_cuts(report.cuts)):
        out.print(f"  {line}", markup=False)


def _told_of_kills(found: "Findings") -> "Iterator[str]":
    from frontdesk.drills.crash.findings import spread  # noqa: PLC0415

    if not found.rounds:
        return
    people = f"{found.asked_for_person} customers asked for a person meanwhile"
    yield f"{found.in_flight} turns in flight; {people}; {found.failed} turns ended with an apology"
    if words := spread(found.words_s):
        yield f"whether a message was kept was known within {words['longest']} s (median {words['median']} s)"
    if taken := spread(found.taken_over_s):
        times = f"{taken['median']} s in the middle, {taken['longest']} s at most"
        yield f"{len(found.taken_over_s)} turns taken over by another process: {times}"
    if silence := spread(found.silences_s):
        yield f"their customers heard nothing for {silence['median']} s in the middle, {silence['longest']} s at most"


def _told_of_cuts(found: "Findings") -> "Iterator[str]":
    if found.cuts:
        yield f"{found.cuts} streams cut; {found.continued_elsewhere} went on at another server"


def _bound(found: "Findings") -> str:
    from frontdesk.drills.crash.findings import bound  # noqa: PLC0415

    return "" if found.violations else f"{bound(found.turns):.2%}"


def _print_promises(report: "Report") -> None:
    from frontdesk.drills.crash.findings import invariants_of  # noqa: PLC0415

    for one in invariants_of((*report.kills.violations, *report.cuts.violations)):
        state = _state(one["violations"])
        out.print(f"  {one['id']:<4}{state:<10}{'. '.join(filter(None, _words(one)))}", markup=False)


def _state(violations: int | None) -> str:
    if violations is None:
        return "not yet"
    return "held" if violations == 0 else f"broken {violations}"


def _words(one: dict[str, Any]) -> Sequence[str]:
    return one["means"], one["note"]
