"""`drill load`: send more and more people, and see what an installation bears."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvloop
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from frontdesk.cli.options import AssistantOption, JsonOption, settings_for
from frontdesk.cli.output import err, harmless_line, out, print_json

if TYPE_CHECKING:
    from frontdesk.drills.load import LoadPlan, LoadReport
    from frontdesk.drills.load.figures import PhaseFigures, Spread

    _Row = tuple[str, Callable[[PhaseFigures], str]]

_MARKS = {True: ("held", "green"), False: ("broken", "red"), None: ("not shown", "yellow")}


class ProfileName(StrEnum):
    """Which crowds come."""

    STEADY = "steady"
    SPIKE = "spike"
    OVERLOAD = "overload"
    SOAK = "soak"
    READERS = "readers"


def load(
    profile: Annotated[
        ProfileName,
        typer.Option(
            help="steady: 0.7 of the capacity. spike: ten times the usual crowd. overload: up to three times the "
            "capacity, then less. soak: half of it for 20 minutes. readers: 50 who take 100 bytes a second among others."
        ),
    ] = ProfileName.STEADY,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=10_000,
            help="Visitors a second that count as the capacity; without it the drill looks for it.",
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=4, max=86_400, help="How long the crowds come; each profile has its own default."),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(
            min=0.05,
            max=600,
            help="Seconds within which an answer is good; 3, or 5 where people may have to wait.",
            show_default=False,
        ),
    ] = None,
    server: Annotated[
        str, typer.Option(help="Address of a running server, with its own vendors. Empty: one of the drill's own.")
    ] = "",
    database_url: Annotated[
        str, typer.Option(help="PostgreSQL server for the drill's own server; a database is made there and dropped.")
    ] = "",
    first_token_ms: Annotated[
        float, typer.Option(min=0, max=60_000, help="Milliseconds until the simulated vendor's first token.")
    ] = 300.0,
    token_ms: Annotated[float, typer.Option(min=0, max=10_000, help="Milliseconds per token after it.")] = 20.0,
    assistant: AssistantOption = None,
    seed: Annotated[int, typer.Option(help="The same seed sends people at the same moments.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Send people at their own pace, whether or not the server keeps up, and count how many get an answer in time.

    Without --server everything runs beside the installation: a copy of its assistant with a simulated model, and a
    server on a database of its own, all on this machine. With it, the conversations are real ones of that
    installation, and its vendors are asked and paid. Exit code 1 if a promise was broken.
    """
    from frontdesk.drills.load import LoadPlan, drill_load  # noqa: PLC0415  (half a second)

    settings = settings_for(assistant)
    plan = LoadPlan(
        assistant=settings.assistant_dir,
        profile=profile.value,
        seconds=seconds,
        rate=rate,
        within_s=within,
        server=server,
        database_url=database_url,
        first_token_ms=first_token_ms,
        token_ms=token_ms,
        embedder=settings.embedder,
        seed=seed,
    )
    with _telling() as (tell, progress):
        report = uvloop.run(drill_load(plan, tell=tell, progress=progress))
    if as_json:
        print_json(_to_json(report, plan))
    else:
        _print(report)
    raise typer.Exit(0 if report.is_passed else 1)


@contextmanager
def _telling() -> Iterator[Any]:
    """What goes on, as lines on stderr; the seconds of a phase in the last one, where it is a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("")
        said = ""

        def tell(sentence: str) -> None:
            nonlocal said
            said = sentence
            err.print(harmless_line(sentence), style="dim", markup=False)
            bar.update(task, description="")

        def progress(done: int, total: int) -> None:
            bar.update(task, description=harmless_line(f"{said.partition(':')[0]}, {done} of {total} s"))

        yield tell, progress


def _to_json(report: "LoadReport", plan: "LoadPlan") -> dict[str, Any]:
    asked = {name: value for name, value in asdict(plan).items() if name not in ("assistant", "database_url")}
    return {"plan": asked, **asdict(report), "passed": report.is_passed}


def _print(report: "LoadReport") -> None:
    source = "as given" if report.is_given else f"found; the best of the run was {report.peak:.1f}"
    out.print(
        f"{report.profile}: capacity {report.capacity:.1f} good answers a second within {report.within_s:g} s, {source}",
        markup=False,
    )
    out.print(_phases_table(report))
    out.print("ms from the moment a visitor was due, of whoever was answered without being told to wait\n", style="dim")
    for one in report.verdicts:
        mark, style = _MARKS[one.is_met]
        wanted = f" (wanted: {one.wanted})" if one.wanted else ""
        out.print(harmless_line(f"{mark:<10} {one.name}: {one.found}{wanted}"), style=style, markup=False)
    verdict = "Every promise that was tried held." if report.is_passed else "Promises were broken."
    out.print(verdict, style="green" if report.is_passed else "red")


def _phases_table(report: "LoadReport") -> Table:
    """A column for each phase; so many figures would not fit side by side."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for phase in report.phases:
        table.add_column(phase.name, justify="right")
    for name, figure in _ROWS:
        table.add_row(name, *(figure(phase) for phase in report.phases))
    table.add_row("server, cores", *(_shown(report.use[phase.name].cores, 2) for phase in report.phases))
    table.add_row("server, MB at most", *(_shown(report.use[phase.name].most_mb) for phase in report.phases))
    return table


def _shown(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _spread_rows(name: str, of: "Callable[[PhaseFigures], Spread]") -> "tuple[_Row, ...]":
    return (
        (f"{name}, p50", lambda phase: _shown(of(phase).p50_ms)),
        ("  p95", lambda phase: _shown(of(phase).p95_ms)),
        ("  p99", lambda phase: _shown(of(phase).p99_ms)),
    )


_ROWS: "tuple[_Row, ...]" = (
    ("came a second", lambda phase: _shown(phase.arrivals / phase.seconds, 1)),
    ("answered a second", lambda phase: _shown(phase.answered_rate, 1)),
    ("  of them in time", lambda phase: _shown(phase.goodput, 1)),
    ("told to come later", lambda phase: str(phase.refused)),
    ("  after ms, p95", lambda phase: _shown(phase.refusal.p95_ms)),
    ("message kept", lambda phase: str(phase.delayed)),
    ("  told after ms, p95", lambda phase: _shown(phase.delay_told.p95_ms)),
    ("failed with a case", lambda phase: str(phase.outcomes.get("failed", 0))),
    *_spread_rows("first sign", lambda phase: phase.stage),
    *_spread_rows("first text", lambda phase: phase.text),
    *_spread_rows("whole answer", lambda phase: phase.total),
)
