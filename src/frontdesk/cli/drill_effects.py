"""`drill effects`: kill servers while another system is changed, and count what that system did."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from frontdesk.cli.options import AssistantOption, JsonOption, settings_for
from frontdesk.cli.output import err, out, print_json

if TYPE_CHECKING:
    from frontdesk.drills.effects import EffectsReport


def effects(
    kills: Annotated[int, typer.Option(min=1, max=10_000, help="How often a server is killed.")] = 200,
    customers: Annotated[int, typer.Option(min=1, max=50, help="Who confirm at the same time, at each kill.")] = 4,
    replicas: Annotated[int, typer.Option(min=1, max=8, help="Servers on the PostgreSQL database.")] = 2,
    database_url: Annotated[
        str,
        typer.Option(
            help="PostgreSQL server for several replicas; a database is made there and dropped. Empty: SQLite."
        ),
    ] = "",
    assistant: AssistantOption = None,
    seed: Annotated[int, typer.Option(help="The same seed kills at the same moments.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Kill servers between a change in another system and its record, and count by that system's own log.

    Customers confirm bookings; servers die before the request is worked on, before its answer, and after it. Half of the
    kills meet a system that knows idempotency keys, half one that has to be read back. Exit code 1 where anything was
    done twice, or lost.
    """
    from frontdesk.drills.effects import EffectsOptions, run_effects_drill  # noqa: PLC0415  (half a second)

    options = EffectsOptions(
        assistant=settings_for(assistant).assistant_dir,
        database_url=database_url,
        kills=kills,
        customers=customers,
        replicas=replicas,
        seed=seed,
    )
    columns = (TextColumn("Kills"), BarColumn(bar_width=30), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal) as bars:
        bar = bars.add_task("Kills", total=kills)

        def tell(done: int, total: int, _: "EffectsReport") -> None:
            bars.update(bar, completed=done, total=total)

        report = asyncio.run(run_effects_drill(options, tell=tell))
    if as_json:
        print_json(report.as_json())
    else:
        _print(report)
    raise typer.Exit(0 if report.is_clean else 1)


def _print(report: "EffectsReport") -> None:
    moments = ", ".join(f"{count} {name}" for name, count in report.moments.items())
    out.print(f"{report.database}, {report.kills} kills ({moments}), seed {report.seed}", markup=False)
    out.print(
        f"  {report.bookings} bookings confirmed, {report.done} done, {report.handed_over} with a person", markup=False
    )
    out.print(f"  {report.repeated} requests were repeated and changed nothing", markup=False)
    for line in (*report.doubled, *report.lost):
        out.print(f"  {line}", style="red", markup=False)
    verdict = f"{len(report.doubled)} doubled, {len(report.lost)} lost. {report.seconds:.0f} s."
    out.print(verdict, style="green" if report.is_clean else "red", markup=False)
