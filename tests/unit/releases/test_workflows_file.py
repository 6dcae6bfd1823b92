import textwrap
from pathlib import Path

import pytest

from frontdesk.domain.errors import ConfigError
from frontdesk.releases import workflows_file
from frontdesk.releases.workflows_file import read_workflows
from procedures import ASSISTANT, OPERATIONS

GOOD = (ASSISTANT / "workflows" / "send_back.yaml").read_text(encoding="utf-8")
REFUND = (ASSISTANT / "workflows" / "refund_status.yaml").read_text(encoding="utf-8")


def complaints(tmp_path: Path, text: str, name: str = "send_back") -> list[tuple[int, str]]:
    """Line and words of every mistake."""
    (tmp_path / "workflows").mkdir(exist_ok=True)
    path = tmp_path / "workflows" / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        read_workflows(tmp_path, operations=OPERATIONS)
    except ConfigError as error:
        return [
            (int(problem.where.removeprefix(f"{path}:")), f"{problem.message} {problem.hint}")
            for problem in error.problems
        ]
    return []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("owner: Returns team", "owner: ' '", "Name whoever answers"),
        ("owner: Returns team", "ownr: Returns team", "Did you mean `owner`?"),
        ("examples: [I want to return my boots, send it back]", "examples: []", "`examples` needs 1"),
        ("title: send something back", "title: {de: etwas zurückgeben}", "nothing in the default language 'en'"),
        ("title: send something back", "title: {en: send back, de: zurück}", "There is nothing in 'de'"),
        ("  - ask: reason\n", "  - ask: raeson\n", "Did you mean `reason`?"),
        ("  - ask: reason\n", "  - ask: reason\n    again: true\n", "may not have been asked for before"),
        ("        go: too_late", "        go: to_late", "Did you mean `too_late`?"),
        ("        go: too_late", "        go: day", "No road leads to `too_late`"),
        ("otherwise: hand_over", "otherwise: person", "`decide` leads to `person`, which is no step"),
        ("  - end: refused\n", "  - say: Too late.\n    next: read_bought\n", "go round without anybody being asked"),
        ("    again: true\n    next: read_bought", "    next: read_bought", "`again: true`"),
        (
            "    again: true\n    next: read_bought",
            "    again: true",
            "`ask_order_2` is the last step and leads nowhere",
        ),
        ("- id: say_label\n", "- id: day\n", "Another step has this id"),
        ("- id: say_label\n", "- id: Say Label\n", "small letters, digits"),
        ('reason != "broken"', 'reason != "brokn"', "Did you mean `broken`?"),
        ('reason != "broken"', "reason != broken", "`broken` is neither a slot nor a result"),
        ("> days(30)", "> 30", "Lengths of time are days(…)"),
        ("bought.delivered_on > days(30)", "bought.deliverd_on > days(30)", "Did you mean `delivered_on`?"),
        ("known(bought.delivered_on)", "bought.delivered_on", "is a date and no condition"),
        ("known(bought.delivered_on)", "bought.number = 1", 'Write == for "is equal to"'),
        ("known(bought.delivered_on)", "open(order)", "`open` is no function here"),
        ("call: shop.order\n", "call: shop.ordr\n", "Did you mean `shop.order`?"),
        ("call: shop.order\n", "call: store.thing\n", "no operation of connectors.yaml. Describe the system"),
        ("call: shop.order\n", "call: order\n", "names no system"),
        ("call: shop.order\n", "call: returns.cancel\n", "Use a `confirm` step"),
        ("does: returns.create", "does: shop.order", "only reads, so there is nothing to confirm"),
        ("    with: {order: order}\n    as: bought", "    as: bought", "needs the argument `order`"),
        (
            "    with: {order: order}\n    as: bought",
            "    with: {ordr: order}\n    as: bought",
            "Did you mean `order`?",
        ),
        (
            "    with: {order: order}\n    as: bought",
            "    with: {order: order, customer: order}\n    as: bought",
            "comes from the verified session and can't be set",
        ),
        (
            "with: {order: order, day: pickup}",
            "with: {order: order, day: order}",
            "`day` is a date, and `order` is not",
        ),
        (
            "with: {order: order, reason: reason}",
            "with: {order: order, reason: '\"torn\"'}",
            "`reason` can't be `torn`",
        ),
        ("    as: booked", "    as: order", "`order` is a slot and a result"),
        ("    as: booked", "    as: class", "`class` can't be used in conditions"),
        (" ({reason|label})", "", "does not show `reason`, which is sent as `reason`"),
        ("{pickup|date} for", "{pickup|dat} for", "`|dat` is no way to write a value"),
        ("{pickup|date} for", "{pickup|date for", "a brace is opened and not closed"),
        ("label {booked.label}", "label {bought.amount}", "is an amount and needs its currency"),
        ("label {booked.label}", "label {fetched.slot}", "`fetched` may not be known yet"),
        ("about: [fetched]", "about: [parcel]", "`parcel` is no result"),
        ("pattern: 'HP-\\d{5}'", "pattern: 'HP-(\\d{5}'", "no regular expression"),
        ("pattern: 'HP-\\d{5}'", "pattern: '(HP-\\d+)+'", "repeats what is repeated already"),
        ("examples: [HP-10001]", "examples: [10001]", "Input should be a valid string"),
        ("examples: [HP-10001]", "examples: ['10001']", "does not fit the `pattern`"),
        ("type: date, not_before_days: 1", "type: text, not_before_days: 1", "are for dates, not for text"),
        ("  pickup: {", "  spare: {type: text, ask: What}\n  pickup: {", "`spare` is neither asked for nor used"),
        ("    failures: {rejected: refused}", "    failures: {rejcted: refused}", "Input should be 'silent'"),
        ("  - end: refused\n", "  - ennd: refused\n", "a step has one of `ask`"),
        ("owner: Returns team", "owner: Returns team\nneeds: anyone", "anyone may begin this"),
        ("owner: Returns team", "owner: Returns team\nshare: 5", "a share between 0 and 1"),
        ("owner: Returns team", "owner: Returns team\nchannels: {chat: 1}", "Input should be 'web_chat'"),
        ("owner: Returns team", "owner: Returns team\nmax_asks: 0", "`max_asks` has to be above 0"),
        ("owner: Returns team", "owner: Returns team\nname: other", "`name` is not the file's name"),
        ("otherwise: say_label", "expires_minutes: 0\n    otherwise: say_label", "`expires_minutes` has to be above 0"),
    ],
)
def test_names_each_mistake_with_its_line_and_a_remedy(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert GOOD.count(old) == 1, old
    changed = GOOD.replace(old, new)

    found = complaints(tmp_path, changed)

    assert any(words in message for _, message in found), found
    assert all(1 <= line <= len(changed.splitlines()) for line, _ in found)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    if_missing: no_order\n", "", "`choose_from` needs `if_missing`"),
        ("    choose_by: number\n", "    choose_by: numbr\n", "has no field `numbr`"),
        ("    choose_from: orders\n", "    choose_from: order_list\n", "`order_list` is no result"),
        ("  - call: shop.orders\n  - ask: order\n", "  - ask: order\n  - call: shop.orders\n", "may not be read yet"),
        ("|else unbekannten Tag", "", "`refund.paid_on` may be missing"),
        ("{refund.amount|money} for", "{refund.account|else it} for", "is private and is never said"),
        ("{refund.amount|money} for", "{parcel.status|money} for", "`|money` is not for `parcel.status`"),
        (', de: "{number} vom {placed_on|date}"}', "}", "There is nothing in 'de'"),
        ("- when: parcel.status", "- when: orders.number", "`orders` holds any number of records"),
        ("{en: A refund belongs to an order.,", '{en: "A refund {order}",', "no gaps to fill"),
        ("go: declined\n", "go: no_order\n", "No road leads to `declined`"),
    ],
)
def test_names_mistakes_about_records_and_languages(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert REFUND.count(old) == 1, old

    found = complaints(tmp_path, REFUND.replace(old, new), "refund_status")

    assert any(words in message for _, message in found), found


def test_a_mistake_is_on_the_line_where_it_is_written(tmp_path: Path) -> None:
    changed = GOOD.replace("        go: too_late", "        go: to_late").replace(
        "label {booked.label}", "label {booked.lbl}"
    )

    lines = [line for line, _ in complaints(tmp_path, changed)]

    expected = [
        number for number, line in enumerate(changed.splitlines(), 1) if "to_late" in line or "booked.lbl" in line
    ]
    assert sorted(set(lines)) == expected


def test_the_example_in_the_description_of_the_format_can_be_read(tmp_path: Path) -> None:
    lines = (workflows_file.__doc__ or "").splitlines()
    example = lines[lines.index("    owner: Payments team                           # who answers for these rules") :]
    text = textwrap.dedent("\n".join(example[: example.index("Roads")]))
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "refund.yaml").write_text(text, encoding="utf-8")

    assert read_workflows(tmp_path)[0].title["de"] == "der Stand einer Erstattung"


def test_a_folder_without_workflows_has_none(tmp_path: Path) -> None:
    assert read_workflows(tmp_path) == ()


def test_says_of_all_files_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "one.yaml").write_text(GOOD.replace("owner: Returns team", "owner: ''"), encoding="utf-8")
    (tmp_path / "workflows" / "two.yaml").write_text("- nothing", encoding="utf-8")

    with pytest.raises(ConfigError) as error:
        read_workflows(tmp_path, operations=OPERATIONS)

    assert {Path(problem.where.rpartition(":")[0]).stem for problem in error.value.problems} == {"one", "two"}
