"""Reading write_back.yaml: each mistake is told with its file, line and remedy, before anything is ever sent."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from frontdesk.domain.connector import ArgumentSpec, OperationSpec
from frontdesk.domain.errors import ConfigProblem
from frontdesk.domain.write_back import FieldRule, WriteBack
from frontdesk.releases.write_back_file import read_write_back

GOOD = """\
operation: crm.save
proof: digest
console: https://desk.example.com
when: {quiet_minutes: 5, occasions: [quiet, closed]}
fields:
  id: conversation.id
  digest: record.digest
  channel:
    source: conversation.channel
    values: {web_chat: CHAT, email: MAIL}
    otherwise: OTHER
  started: {source: conversation.started_at, format: date, time_zone: Europe/Berlin}
  title: {text: "Chat about {topics}", max_chars: 80}
"""
SAVE = OperationSpec(
    connector="crm",
    name="save",
    title={"en": "the CRM"},
    kind="effect",
    arguments=(
        ArgumentSpec(name="id", type="id"),
        ArgumentSpec(name="digest", type="text", is_required=False),
        ArgumentSpec(name="channel", type="choice", choices=("CHAT", "MAIL", "OTHER")),
        ArgumentSpec(name="started", type="date", is_required=False),
        ArgumentSpec(name="title", type="text", is_required=False),
    ),
)
FIND = OperationSpec(
    connector="crm", name="find", title={}, kind="read", arguments=(ArgumentSpec(name="id", type="id"),)
)


def read(
    folder: Path, text: str, *, operations: Sequence[OperationSpec] = (SAVE, FIND)
) -> tuple[WriteBack | None, list[str]]:
    (folder / "write_back.yaml").write_text(text)
    problems: list[ConfigProblem] = []
    rules = read_write_back(folder, {one.qualified: one for one in operations}, problems)
    return rules, [str(problem).removeprefix(f"{folder}/") for problem in problems]


def test_a_folder_without_the_file_writes_nothing_back(tmp_path: Path) -> None:
    problems: list[ConfigProblem] = []
    assert read_write_back(tmp_path, {}, problems) is None
    assert problems == []


def test_a_field_may_be_its_source_alone(tmp_path: Path) -> None:
    rules, problems = read(tmp_path, GOOD)
    assert problems == []
    assert rules is not None
    assert rules.fields["id"] == FieldRule(source="conversation.id")
    assert (rules.when.quiet_minutes, rules.when.occasions, rules.customers) == (5, ("quiet", "closed"), "verified")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("id: conversation.id", "id: conversation.idd", 6, "there is no source `conversation.idd`. Did you mean"),
        ("crm.save", "crm.sav", 1, "connectors.yaml has no operation `crm.sav`. Did you mean `crm.save`?"),
        ("email: MAIL", "email: POST", 8, "`POST` is nothing that `crm.save` knows. It knows CHAT, MAIL, OTHER."),
        ("format: date", "format: shortly", 12, "`shortly` is no format of a time. `iso`, `date`"),
        ("Europe/Berlin", "Europe/Berlim", 12, "there is no time zone `Europe/Berlim`."),
        ("max_chars: 80", "max_char: 80", 13, "`fields.title.max_char` is not known here. Did you mean `max_chars`?"),
        ("max_chars: 80", 'pattern: "(" ', 13, "the pattern is none"),
        ("max_chars: 80", "minimum: 3, maximum: 2", 13, "`minimum` is above `maximum`."),
        ("max_chars: 80", "source: topics", 13, "it needs either a `source` or a `text`."),
        ("title:", "titel:", 13, "the operation has no argument `titel`. Did you mean `title`?"),
        ("  id: conversation.id\n", "", 5, "`crm.save` needs `id`, which no field fills. Add it to `fields`."),
        ("[quiet, closed]", "[]", 4, "`when.occasions` names nothing, so nothing is ever written."),
        ("proof: digest", "proof: title", 2, "`proof` names `title`, which is not filled from `record.digest`."),
        ("quiet_minutes: 5", "quiet_minutes: -5", 4, "`when.quiet_minutes` cannot be negative."),
        ("conversation.id", "conversation.link", 0, ""),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    rules, problems = read(tmp_path, GOOD.replace(old, new, 1))
    if not line:
        assert problems == []
        return
    assert rules is None
    (problem,) = problems
    assert problem.startswith(f"write_back.yaml:{line}: "), problem
    assert said in problem


def test_a_link_needs_the_address_of_the_console(tmp_path: Path) -> None:
    text = GOOD.replace("console: https://desk.example.com\n", "").replace("conversation.id", "conversation.link")
    _, problems = read(tmp_path, text)
    assert "`conversation.link` needs `console`" in problems[0]


@pytest.mark.parametrize(
    ("operations", "said"),
    [
        ([replace(SAVE, kind="read"), FIND], "`crm.save` reads and changes nothing."),
        ([replace(SAVE, keeps_keys=False), FIND], "`crm.save` could be written twice"),
        (
            [replace(SAVE, arguments=(*SAVE.arguments, ArgumentSpec(name="who", type="id", bind="subject")))],
            "takes the customer from a session",
        ),
    ],
)
def test_an_operation_that_cannot_write_exactly_once_is_refused(
    tmp_path: Path, operations: Sequence[OperationSpec], said: str
) -> None:
    _, problems = read(tmp_path, GOOD, operations=operations)
    assert any(said in problem for problem in problems), problems


def test_a_look_up_by_another_field_than_the_key_needs_a_proof(tmp_path: Path) -> None:
    operations = [replace(SAVE, read_back="find"), FIND]
    assert read(tmp_path, GOOD, operations=operations)[1] == []
    _, problems = read(tmp_path, GOOD.replace("proof: digest\n", ""), operations=operations)
    assert "`crm.find` finds a record, and not whether this version of it arrived." in problems[0]
