"""Reading customers.yaml: every mistake has its line."""

from pathlib import Path

import pytest

from frontdesk.bootstrap import read_customers
from frontdesk.domain.errors import ConfigError
from frontdesk.simulators.customers import MAX_LINES

ONE = """customers:
  - name: one
    language: en
    minute: 3
    lines:
      - Hello
      - {text: "And then?", feedback: down, reasons: [wrong], comment: No.}
"""
LANGUAGES = ("en", "es")


def problems_of(folder: Path, text: str) -> list[str]:
    (folder / "customers.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_customers(folder, LANGUAGES)
    return [str(problem) for problem in caught.value.problems]


def test_a_folder_without_the_file_has_no_simulated_customers(tmp_path: Path) -> None:
    assert read_customers(tmp_path, LANGUAGES) == ()


def test_lines_are_texts_or_say_what_their_customer_thinks_of_the_answer(tmp_path: Path) -> None:
    (tmp_path / "customers.yaml").write_text(ONE, encoding="utf-8")

    (customer,) = read_customers(tmp_path, LANGUAGES)

    assert [line.text for line in customer.lines] == ["Hello", "And then?"]
    assert [line.feedback for line in customer.lines] == [None, "down"]


def test_customers_come_in_the_order_of_their_minutes(tmp_path: Path) -> None:
    second = ONE.partition("\n")[2].replace("name: one", "name: two").replace("minute: 3", "minute: 1")
    (tmp_path / "customers.yaml").write_text(ONE + second, encoding="utf-8")

    assert [customer.name for customer in read_customers(tmp_path, LANGUAGES)] == ["two", "one"]


@pytest.mark.parametrize(
    ("old", "new", "line", "named"),
    [
        ("minute: 3", "minit: 3", 4, "Did you mean `minute`?"),
        ("minute: 3", "minute: 60", 4, "less than or equal to 59"),
        ("minute: 3", "minute: soon", 4, "valid integer"),
        ("language: en", "language: fr", 3, "`fr` is no language of the assistant; it has en, es."),
        ("minute: 3", "minute: 3\n    channel: fax", 5, "web_chat"),
        ("feedback: down", "feedback: meh", 7, "'up' or 'down'"),
        ("reasons: [wrong]", "reasons: [rude]", 7, "not_my_question"),
        ("feedback: down, ", "", 7, "need a `feedback`"),
        ("minute: 3", "minute: 3\n    audiences: [members]", 2, "need a `subject`"),
        ("minute: 3", "minute: 3\n    subject: c1\n    audiences: [staff]", 2, "cannot hold `staff`"),
        ("      - Hello\n", '      - ""\n', 6, "at least 1 character"),
        ("      - Hello\n", "      - Hello\n" * MAX_LINES, 5, f"at most {MAX_LINES} items"),
        ("  - name: one\n", "  - name: one\n    mood: cross\n", 3, "`customers.0.mood` is not known here"),
        ("lines:", "lines: [", 6, "This is not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, named: str) -> None:
    assert old in ONE

    told = problems_of(tmp_path, ONE.replace(old, new, 1))

    assert any(named in problem for problem in told), told
    assert any(f"customers.yaml:{line}:" in problem for problem in told), told


def test_a_name_that_is_there_twice_is_named_with_the_line_of_the_second(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, ONE + ONE.partition("\n")[2])

    assert "customers.yaml:8:" in problem
    assert "`one` is there twice" in problem
