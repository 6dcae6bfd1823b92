"""`drill faults`: every way in which a vendor fails, on one's own assistant."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from frontdesk.cli.options import AssistantOption, JsonOption, settings_for
from frontdesk.cli.output import bars_of_progress, err, out, print_json

if TYPE_CHECKING:
    from frontdesk.drills.faults import FaultReport, SceneReport


def faults(
    assistant: AssistantOption = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="A fault by its name, or all of a row of the failure model; may be repeated."),
    ] = None,
    database_url: Annotated[
        str,
        typer.Option(help="PostgreSQL server; a database is made there and dropped. Empty: SQLite."),
    ] = "",
    should_list: Annotated[bool, typer.Option("--list", help="Say which faults there are, and do nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a vendor fail in every known way while customers ask, and judge what they saw.

    Everything runs beside the installation: a copy of its assistant with two simulated vendors, a server and a
    database of its own. The verdicts stand on what clients heard and on the vendors' logs. It takes some minutes. Exit
    code 1 if a fault was noticed by anybody.
    """
    from frontdesk.drills.faults import FaultOptions, run_fault_drill  # noqa: PLC0415  (half a second)

    if should_list:
        _print_list(as_json=as_json)
        return
    options = FaultOptions(
        assistant=settings_for(assistant).assistant_dir, database_url=database_url, only=tuple(only or ())
    )
    with bars_of_progress() as bars:
        task = bars.add_task("Learning what is usual", total=None)
        report = asyncio.run(
            run_fault_drill(
                options,
                begin=lambda count: bars.update(task, total=count, description="Faults"),
                tell=lambda scene: bars.update(task, advance=1, description=_told(scene)),
            )
        )
    if as_json:
        print_json(report.as_json())
    else:
        _print(report)
    raise typer.Exit(0 if report.is_passed else 1)


def _told(scene: "SceneReport") -> str:
    return f"{scene.key}: {'passed' if scene.is_passed else 'failed'}"


def _print(report: "FaultReport") -> None:
    table = Table(box=None, pad_edge=False)
    for heading, side in (
        ("#", "right"),
        ("fault", "left"),
        ("customers saw", "left"),
        ("asked", "right"),
        ("added", "right"),
        ("verdict", "left"),
    ):
        table.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    for scene in report.scenes:
        table.add_row(*_row(scene))
    out.print(table)
    for scene in report.scenes:
        for complaint in scene.complaints:
            out.print(f"{scene.key}: {complaint}.", style="red", markup=False)
    passed = len(report.scenes) - report.failed
    verdict = f"{passed} of {len(report.scenes)} passed on {report.database}, {report.seconds:.0f} s."
    out.print(verdict, style="green" if report.is_passed else "red", markup=False)
    note = (
        "asked: requests to the faulty vendor + the other. added: to the first confirmed text, middle and most, in ms."
    )
    err.print(note, style="dim", markup=False)


def _row(scene: "SceneReport") -> Sequence[str]:
    verdict = "[green]passed[/]" if scene.is_passed else "[red]failed[/]"
    added = f"{_ms(scene.added_first_text_s)} / {_ms(scene.added_most_s)}"
    return (
        scene.fault,
        f"{scene.title} ({scene.key})",
        f"{scene.saw}",
        f"{scene.asked_first} + {scene.asked_second}",
        added,
        verdict,
    )


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.0f}"


def _print_list(*, as_json: bool) -> None:
    from frontdesk.drills.faults import SCENES  # noqa: PLC0415

    if as_json:
        print_json([{"key": scene.key, "fault": scene.fault or None, "title": scene.title} for scene in SCENES])
        return
    for scene in SCENES:
        out.print(f"{scene.fault:>2}  {scene.key:<18} {scene.title}", markup=False)
