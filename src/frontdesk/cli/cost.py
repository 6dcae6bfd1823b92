"""`cost show|reconcile`: what was spent, and a vendor's bill booked."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from frontdesk.cli.bills import read_bill
from frontdesk.cli.options import DataOption, JsonOption, settings_for
from frontdesk.cli.output import err, harmless_line, out, print_json
from frontdesk.cli.reaching import ask_server, server_in_the_way
from frontdesk.domain.costs import COST_BY, CostBy, CostReport
from frontdesk.domain.errors import MalformedError
from frontdesk.domain.reconciliation import BillLine
from frontdesk.settings import Settings
from frontdesk.turn.money.figures import plain_costs, plain_difference
from frontdesk.turn.money.reconciling import reconcile_bill

_DAYS = 30
_LONGEST_KEY = 60
_RECONCILE = "/v1/admin/costs/reconcile"


def show(
    by: Annotated[str, typer.Option("--by", help=f"What to sum up by: {', '.join(COST_BY)}.")] = "day",
    since: Annotated[str, typer.Option("--since", help="First day (UTC), such as 2026-03-01.")] = "",
    until: Annotated[str, typer.Option("--until", help="Last day (UTC), which counts; today by default.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Most lines.")] = 40,
    data_dir: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was spent: per turn, conversation, channel, customer, purpose, model, release or day.

    The last 30 days where no other time is named. A request whose price is not known is counted, and is in no amount.
    """
    report = asyncio.run(_report(settings_for(data_dir=data_dir), _grouping(by), since, until, limit))
    if report is None:
        err.print("Nothing was spent yet: there is no database. `frontdesk up` makes one.", markup=False)
        raise typer.Exit(1)
    if as_json:
        print_json(plain_costs(report))
    else:
        _print_report(report)


def reconcile(
    bill: Annotated[Path, typer.Argument(help="CSV or JSON with day, model and usd in every line.", metavar="BILL")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the differences and book nothing.")] = False,
    note: Annotated[str, typer.Option("--note", help="Stands with every adjustment, such as the bill's number.")] = "",
    data_dir: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the ledger agree with a vendor's bill, by adjustments per day and model.

    Read again, the same bill books nothing more; models that it does not name are left alone. While a server runs on
    the data folder this goes through that server, which asks for a staff key: type it, or send it on standard input.
    """
    lines = read_bill(bill)
    said = note or f"Reconciled with {bill.name}."
    found = asyncio.run(_reconcile(settings_for(data_dir=data_dir), lines, said, should_book=not dry_run))
    if as_json:
        print_json({"items": found, "is_booked": not dry_run})
    else:
        _print_differences(found, is_booked=not dry_run)


def _grouping(text: str) -> CostBy:
    found = next((known for known in COST_BY if known == text), None)
    if found is None:
        raise MalformedError(f"--by must be one of {', '.join(COST_BY)}; it is {text!r}.", field="by")
    return found


async def _report(settings: Settings, by: CostBy, since: str, until: str, limit: int) -> CostReport | None:
    from frontdesk.bootstrap import read_costs  # noqa: PLC0415  (half a second)

    end = _day("--until", until, datetime.now(UTC).date()) + timedelta(days=1)
    start = _day("--since", since, end - timedelta(days=_DAYS))
    if start >= end:
        raise MalformedError(f"--since {start} must not lie after --until {end - timedelta(days=1)}.", field="since")
    return await read_costs(settings, by=by, since=_midnight(start), until=_midnight(end), limit=limit)


def _day(option: str, text: str, default: date) -> date:
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise MalformedError(f"{option} must be a day such as 2026-03-01; it is {text!r}.", field=option) from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def _print_report(report: CostReport) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(report.by, no_wrap=True)
    for name in ("requests", "tokens in", "out", "USD", "unknown"):
        table.add_column(name, justify="right")
    digits = _digits(report.total.usd)
    for line in (*report.lines, report.total):
        key = "total" if line is report.total else harmless_line(line.key) or "(none)"
        table.add_row(
            key[:_LONGEST_KEY],
            f"{line.requests:,}",
            f"{line.input_tokens:,}",
            f"{line.output_tokens:,}",
            f"${line.usd:,.{digits}f}",
            str(line.unknown or ""),
            style="bold" if line is report.total else None,
        )
    out.print(table)
    if report.is_cut_short:
        err.print("There are more lines; --limit shows more of them.", markup=False)
    for said in _summary(report):
        out.print(said, markup=False)


def _summary(report: CostReport) -> Sequence[str]:
    counts, total = report.counts, report.total
    per = (
        (report.per_turn_usd, f"a turn ({counts.turns:,})"),
        (report.per_answered_usd, f"an answered turn ({counts.answered:,})"),
        (report.per_conversation_usd, f"a conversation ({counts.conversations:,})"),
        (report.per_resolved_usd, f"one that needed no person ({counts.resolved:,})"),
    )
    each = [f"{_money(amount)} {what}" for amount, what in per if amount is not None]
    said = [", ".join(each) + "."] if each else []
    if total.unknown:
        requests = "1 request" if total.unknown == 1 else f"{total.unknown:,} requests"
        said.append(f"The price of {requests} is not known; name it under `price` in models.yaml.")
    if total.estimated_usd or total.adjusted_usd:
        said.append(
            f"{_money(total.estimated_usd)} of it is estimated, {_money(total.adjusted_usd)} corrected by bills."
        )
    if report.projection is not None:
        month = report.projection
        said.append(
            f"{month.month} so far: {_money(month.spent_usd)}; at its end {_money(month.low_usd)} to "
            f"{_money(month.high_usd)}, most likely {_money(month.expected_usd)} (nine months of ten, from the last "
            f"{month.days} days, as if the days to come were like them)."
        )
    return said


def _money(amount: Decimal) -> str:
    """Cents, or as many digits as a small amount needs to be seen."""
    return f"${amount:,.{_digits(amount)}f}" if amount else "$0"


def _digits(amount: Decimal) -> int:
    return 2 if abs(amount) >= 100 else 4 if abs(amount) >= 1 else 6


async def _reconcile(
    settings: Settings, lines: Sequence[BillLine], note: str, *, should_book: bool
) -> list[Mapping[str, Any]]:
    from frontdesk.bootstrap import held_database, start_logging  # noqa: PLC0415

    if address := await server_in_the_way(settings):
        sent = {"lines": [_plain_line(line) for line in lines], "note": note, "should_book": should_book}
        return list((await ask_server(address, "POST", _RECONCILE, json=sent))["items"])
    start_logging(settings)
    async with held_database(settings) as database:
        found = await database.write(lambda stores: reconcile_bill(stores, lines, note=note, should_book=should_book))
    return [plain_difference(one) for one in found]


def _plain_line(line: BillLine) -> dict[str, Any]:
    plain = {"day": line.day.isoformat(), "model": line.model, "usd": str(line.usd), "vendor": line.vendor}
    return plain if line.tokens is None else {**plain, "tokens": line.tokens}


def _print_differences(found: Sequence[Mapping[str, Any]], *, is_booked: bool) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("day", no_wrap=True)
    table.add_column("model", no_wrap=True)
    for name in ("billed", "in the ledger", "difference"):
        table.add_column(name, justify="right")
    digits = _digits(max((abs(Decimal(one["billed_usd"])) for one in found), default=Decimal(0)))
    for one in found:
        name = harmless_line(one["model"])[:_LONGEST_KEY] + ("" if one["requests"] else "  (never asked)")
        amounts = [f"${Decimal(one[field]):,.{digits}f}" for field in ("billed_usd", "booked_usd", "usd")]
        table.add_row(one["day"], name, *amounts)
    out.print(table)
    wrong = [one for one in found if Decimal(one["usd"])]
    difference = sum((Decimal(one["usd"]) for one in found), Decimal(0))
    done = "booked" if is_booked else "to be booked"
    out.print(f"{len(wrong)} of {len(found)} lines differ, by {_money(difference)} together; {done}.", markup=False)
