from pathlib import Path
from typing import Any

import pytest

from frontdesk.domain.errors import ConfigError
from frontdesk.domain.workflow import SetSlot, Signal, StartWorkflow
from frontdesk.releases.workflow_tests_file import read_scenarios
from frontdesk.workflows.testing import Heard, Played, play
from frontdesk.workflows.wording import Wording
from procedures import ASSISTANT, OPERATIONS, workflow

WORKFLOWS = {"refund_status": workflow("refund_status"), "send_back": workflow("send_back")}
GOOD = (ASSISTANT / "workflows" / "tests" / "refund_status.yaml").read_text(encoding="utf-8")


def a_folder(tmp_path: Path, text: str, name: str = "refund_status") -> Path:
    (tmp_path / "workflows" / "tests").mkdir(parents=True)
    (tmp_path / "workflows" / "tests" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


async def played(folder: Path, hears: Any = None) -> list[Played]:
    scenarios = read_scenarios(folder, WORKFLOWS, OPERATIONS, default_language="en")
    return [
        await play(WORKFLOWS[one.workflow], one, Wording(language=one.language, default_language="en"), hears)
        for one in scenarios
    ]


async def test_plays_what_is_written_and_finds_nothing_amiss() -> None:
    results = await played(ASSISTANT)

    assert [one.differences for one in results] == [(), ()]
    assert "assistant  There is no refund for HP-10002." in results[1].transcript


@pytest.mark.parametrize(
    ("old", "new", "expected", "got"),
    [
        ("expect say: 49,90 €", "expect say: 50,90 €", "say 50,90 €", "49,90 € sind am 1. November 2026"),
        ("expect not say: unbekannten", "expect not say: zurückgegangen", "not say zurückgegangen", "49,90 €"),
        ("expect end: answered", "expect end: refused", "end refused", "it ends (done, answered)"),
        ("expect end: answered", "expect confirm: Soll ich", "confirm Soll ich", "it ends (done, answered)"),
        ("expect end: answered", "expect ask: order", "ask order", "it ends (done, answered)"),
        ("expect end: answered", "expect wait:", "wait", "it ends (done, answered)"),
        ("expect no call: shop.order\n", "expect no call: shop.orders\n", "no call shop.orders", "shop.orders {}"),
        (
            "{payments.refund: {order: HP-10001}}",
            "{payments.refund: {order: HP-10002}}",
            "call payments.refund {order: HP-10002}",
            "payments.refund {order: HP-10001}",
        ),
        ("expect hand over: payments", "expect hand over: returns", "hand over returns", "it hands over (payments)"),
        ("expect understood: order = HP-10001", "expect understood: cancel", "understood cancel", "order = HP-10001"),
    ],
)
async def test_tells_what_was_expected_and_what_came(
    tmp_path: Path, old: str, new: str, expected: str, got: str
) -> None:
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)

    results = await played(a_folder(tmp_path, text))

    found = [difference for one in results for difference in one.differences]
    assert [one.expected.startswith(expected) for one in found] == [True]
    assert got in found[0].got
    assert new.strip() in text.splitlines()[found[0].line - 1]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("expect ask: order\n      - expect wait:", "expect ask: ordr\n      - expect wait:", "`ordr` is no slot"),
        ("- expect wait:", "- expect silence:", "`expect silence` is no step of a test"),
        ("later: 20 minutes", "later: soon", "Write `later: 20 minutes`"),
        ("signal: unclear", "signal: unsure", "`unsure` is no signal"),
        ("signal: unclear", "signl: unclear", "`signl` is not known here"),
        ("payments.refund says: not_found", "payments.refnd says: not_found", "no operation of connectors.yaml"),
        ("payments.refund says: not_found", "payments.refund says: gone", "neither a record nor a failure"),
        ("payments.refund says: not_found", "payments.refund says: []", "answers exactly one record"),
        ("status: declined", "status: refused", "`status` is never `refused`"),
        ("status: declined, amount: 1", "status: declined, amount: much", "`much` is no money"),
        ("status: declined, amount: 1", "stat: declined, amount: 1", "has no field `stat`"),
        ("slots: {order: HP-10002}", "slots: {ordr: HP-10002}", "`ordr` is no slot of the workflow"),
        ("expect no call: shop.order\n", "expect no call: shop.thing\n", "`shop.thing` is no operation"),
    ],
)
def test_names_mistakes_in_a_test_with_their_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert GOOD.count(old) == 1
    folder = a_folder(tmp_path, GOOD.replace(old, new))

    with pytest.raises(ConfigError, match=words.replace("(", r"\(")) as error:
        read_scenarios(folder, WORKFLOWS, OPERATIONS, default_language="en")

    assert ".yaml:" in error.value.problems[0].where


def test_a_test_of_no_workflow_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`refunds` is no workflow"):
        read_scenarios(a_folder(tmp_path, GOOD, "refunds"), WORKFLOWS, OPERATIONS, default_language="en")


TALK = """
systems: {shop.order: not_found}
tests:
  - test: talks
    steps:
      - customer: I want to return my boots
      - expect ask: order
      - customer: HP-10001
      - expect say: I find no order HP-10001
"""


async def test_words_without_commands_go_to_whoever_understands_them(tmp_path: Path) -> None:
    heard: list[Heard] = []

    async def hear(message: Heard) -> list[Any]:
        heard.append(message)
        return [SetSlot(slot="order", value=message.text)] if message.run else [StartWorkflow(workflow="send_back")]

    (result,) = await played(a_folder(tmp_path, TALK, "send_back"), hear)

    assert result.has_passed
    assert [message.text for message in heard] == ["I want to return my boots", "HP-10001"]
    assert heard[0].run is None


@pytest.mark.parametrize(
    ("commands", "got"),
    [
        ([StartWorkflow(workflow="refund_status")], "it was understood as `refund_status`"),
        ([], "no matter of a workflow"),
    ],
)
async def test_a_message_that_begins_something_else_fails_the_test(tmp_path: Path, commands: Any, got: str) -> None:
    async def hear(_: Heard) -> Any:
        return commands

    (result,) = await played(a_folder(tmp_path, TALK, "send_back"), hear)

    assert got in result.differences[0].got


async def test_a_system_that_nobody_speaks_for_fails_the_test(tmp_path: Path) -> None:
    async def hear(message: Heard) -> Any:
        return [Signal(kind="unclear"), SetSlot(slot="order", value="HP-10001")]

    (result,) = await played(
        a_folder(tmp_path, TALK.replace("systems: {shop.order: not_found}", ""), "send_back"), hear
    )

    assert "nobody says what `shop.order` answers" in result.differences[0].got
