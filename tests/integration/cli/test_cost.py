"""`frontdesk cost`: what was spent by command, and a vendor's bill as a file."""

import asyncio
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from command import Run
from frontdesk.adapters.stores import open_database
from frontdesk.domain.ids import TurnId
from frontdesk.domain.money import LedgerEntry
from frontdesk.domain.usage import Usage
from running import running

NOW = datetime.now(UTC)
TODAY = f"{NOW:%Y-%m-%d}"


@pytest.fixture
def spent(run: Run, tmp_path: Path) -> None:
    """A quarter of a cent to `big`, and a request to `odd`, whose price nobody knows."""
    run("user", "add", "ana")
    asyncio.run(_spend(tmp_path / ".frontdesk" / "frontdesk.db"))


async def _spend(path: Path) -> None:
    database = await open_database(f"sqlite:///{path}")
    usage = Usage(input_tokens=1000, output_tokens=50)

    def entry(model: str, cost: Decimal | None) -> LedgerEntry:
        return LedgerEntry(
            at=NOW,
            purpose="answer",
            vendor="vendor.example",
            model=model,
            usage=usage,
            cost_usd=cost,
            turn_id=TurnId("turn_1"),
            channel="web_chat",
        )

    await database.write(lambda stores: stores.ledger.add([entry("big", Decimal("0.0025")), entry("odd", None)]))
    await database.close()


def a_bill(folder: Path, text: str, name: str = "bill.csv") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.usefixtures("spent")
def test_shows_what_was_spent_and_what_has_no_price(run: Run) -> None:
    shown = run("cost", "show")
    assert shown.code == 0
    today, total = [line.split() for line in shown.out.splitlines() if line.startswith((TODAY, "total"))]
    assert today[1:] == total[1:] == ["2", "2,000", "100", "$0.002500", "1"]
    assert "The price of 1 request is not known" in shown.out


@pytest.mark.usefixtures("spent")
@pytest.mark.parametrize(
    ("by", "key"),
    [("model", "vendor.example/big"), ("purpose", "answer"), ("turn", "turn_1"), ("channel", "web_chat")],
)
def test_sums_up_by_what_is_asked(run: Run, by: str, key: str) -> None:
    found = run("cost", "show", "--by", by, "--json").json
    assert (found["by"], found["lines"][0]["key"], found["total"]["usd"]) == (by, key, "0.0025")


def test_an_installation_without_a_database_has_spent_nothing(run: Run, tmp_path: Path) -> None:
    shown = run("cost", "show")
    assert (shown.code, shown.out) == (1, "")
    assert "Nothing was spent yet" in shown.err
    assert not (tmp_path / ".frontdesk").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--by", "colour"), "--by must be one of turn, conversation"),
        (("--since", "soon"), "--since must be a day such as 2026-03-01"),
        (("--since", "2026-03-02", "--until", "2026-03-01"), "must not lie after"),
    ],
)
@pytest.mark.usefixtures("spent")
def test_names_the_option_that_is_wrong(run: Run, arguments: tuple[str, ...], words: str) -> None:
    refused = run("cost", "show", *arguments)
    assert refused.code == 1
    assert words in refused.err


@pytest.mark.usefixtures("spent")
def test_a_bill_is_booked_once(run: Run, tmp_path: Path) -> None:
    bill = a_bill(tmp_path, f"day,model,requests,usd\n{TODAY},big,1,0.002\n{TODAY},big,1,0.001\n{TODAY},odd,1,0.01\n")
    looked = run("cost", "reconcile", bill, "--dry-run")
    assert "2 of 2 lines differ, by $0.010500 together; to be booked." in looked.out
    assert run("cost", "show", "--json").json["total"]["usd"] == "0.0025"

    booked = run("cost", "reconcile", bill, "--json").json
    assert [(one["model"], one["usd"]) for one in booked["items"]] == [("big", "0.0005"), ("odd", "0.01")]
    assert run("cost", "show", "--json").json["total"]["usd"] == "0.013"
    assert "0 of 2 lines differ" in run("cost", "reconcile", bill).out


@pytest.mark.usefixtures("spent")
def test_a_bill_may_be_the_json_of_an_export(run: Run, tmp_path: Path) -> None:
    lines = [{"day": f"{TODAY}T00:00:00Z", "model": "big", "usd": 0.0031, "input_tokens": 1000, "output_tokens": 60}]
    bill = a_bill(tmp_path, json.dumps({"currency": "USD", "lines": lines}), "bill.json")
    (one,) = run("cost", "reconcile", bill, "--json").json["items"]
    assert (one["usd"], one["billed_tokens"], one["booked_tokens"]) == ("0.0006", 1060, 1050)


@pytest.mark.usefixtures("spent")
def test_a_model_that_was_never_asked_stands_out(run: Run, tmp_path: Path) -> None:
    bill = a_bill(tmp_path, f"day;model;usd\n{TODAY};somebody-elses;5\n")
    assert "somebody-elses  (never asked)" in run("cost", "reconcile", bill, "--dry-run").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "bill.csv:1: there is no column day"),
        ("day,model\n", "no column usd"),
        (f"day,model,usd\n{TODAY},big,1\nsoon,big,1\n", "bill.csv:3: 'soon' is no day"),
        (f"day,model,usd\n{TODAY},big,lots\n", "bill.csv:2: 'lots' is no amount"),
        (f"day,model,usd\n{TODAY},,1\n", "bill.csv:2: there is no model"),
        (f"day,model,usd,tokens\n{TODAY},big,1,many\n", "bill.csv:2: ['many'] are no tokens"),
        ("day,model,usd\n", "The bill has no lines"),
        ('{"lines": 3}', "bill.csv has no list of lines"),
        ('[{"day": ', "bill.csv is no JSON"),
        ('[{"day": "2026-03-01", "model": "big"}]', "bill.csv:1: there is no usd"),
    ],
)
@pytest.mark.usefixtures("spent")
def test_names_the_line_of_a_bill_that_is_wrong(run: Run, tmp_path: Path, text: str, words: str) -> None:
    refused = run("cost", "reconcile", a_bill(tmp_path, text))
    assert refused.code == 1
    assert words in refused.err


@pytest.mark.usefixtures("spent")
def test_a_bill_that_is_not_there_is_no_bill(run: Run) -> None:
    assert "nowhere.csv cannot be read: No such file" in run("cost", "reconcile", "nowhere.csv").err


def test_while_a_server_runs_a_bill_goes_through_the_server(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = run("init", "assistant", "--json").json["staff_key"]
    bill = a_bill(tmp_path, f"day,model,usd\n{TODAY},big,1.25\n")
    with running(tmp_path, "up"):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
        (one,) = run("cost", "reconcile", bill, "--json").json["items"]
        assert (one["usd"], one["requests"]) == ("1.25", 0)
        assert run("cost", "show", "--json").json["total"]["adjusted_usd"] == "1.25"
