"""Who a demo's visitor may be, and what is no demo."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from frontdesk.adapters.clock import SystemClock
from frontdesk.bootstrap.demo import Demo, open_demo, read_visitors
from frontdesk.domain.errors import ConfigError
from frontdesk.settings import load_settings
from frontdesk.simulators.backoffice.behaviour import DEFAULT_SEED
from frontdesk.simulators.backoffice.seeding import seed

EXAMPLES = Path(__file__).parents[3] / "examples"
ANA = """
visitors:
  - subject: C-1
    name: Ana
    about: {en: one refund}
    starters: {en: ["Where is my refund?"]}
    audiences: [members]
"""


def a_folder(path: Path, text: str = ANA) -> Path:
    (path / "visitors.yaml").write_text(text, encoding="utf-8")
    return path


def opened(folder: Path, **settings: str) -> Demo | None:
    values = load_settings({}, assistant_dir=folder, demo=True, **settings)
    return open_demo(values, ["en"], SystemClock())


def test_whoever_is_chosen_is_proved_with_their_audiences(tmp_path: Path) -> None:
    demo = opened(a_folder(tmp_path))

    assert demo is not None
    ana = demo.visitor("C-1")
    assert ana is not None
    principal = demo.verifier.verify(demo.sign_in(ana))
    assert principal.subject == "C-1"
    assert principal.is_verified
    assert principal.audiences.labels == {"public", "members", "customer:C-1"}


def test_a_desk_is_no_demo_unless_it_is_told(tmp_path: Path) -> None:
    assert open_demo(load_settings({}, assistant_dir=a_folder(tmp_path)), ["en"], SystemClock()) is None


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"identity_keys": "login=key.pem"}, "keys of a real login"),
        ({"host": "0.0.0.0"}, "listens on 0.0.0.0"),
        ({"host": "desk.example"}, "listens on desk.example"),
    ],
)
def test_a_desk_that_others_reach_or_that_knows_real_customers_is_no_demo(
    tmp_path: Path, settings: dict[str, str], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        opened(a_folder(tmp_path), **settings)


def test_a_demo_without_anybody_to_be_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"visitors\.yaml: A demo needs somebody to be"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (ANA + "  - {subject: C-1, name: Ben}\n", 8, "`C-1` is there twice"),
        (ANA.replace("about: {en", "about: {fr"), 5, "`fr` is no language of the assistant"),
        (ANA.replace("starters: {en", "starters: {fr"), 6, "`fr` is no language of the assistant"),
        (ANA.replace("[members]", "[staff]"), 3, "cannot hold `staff`"),
        (ANA.replace("subject", "subjekt"), 3, "Did you mean `subject`"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_visitors(a_folder(tmp_path, text), ["en"])

    assert any(f"visitors.yaml:{line}: " in str(problem) and why in str(problem) for problem in caught.value.problems)


def test_a_folder_without_the_file_has_no_visitors(tmp_path: Path) -> None:
    assert read_visitors(tmp_path, ["en"]) == ()


@pytest.mark.parametrize(
    ("example", "table", "key"),
    [("harbor-and-pine", "customers", "customer_id"), ("it-help-desk", "employees", "employee_id")],
)
def test_the_examples_visitors_are_people_of_the_simulated_systems(example: str, table: str, key: str) -> None:
    people = {row[key]: row["name"] for row in seed(datetime(2026, 11, 25, 12, tzinfo=UTC), DEFAULT_SEED)[table]}
    visitors = read_visitors(EXAMPLES / example, ["en", "es", "de"])

    assert len(visitors) >= 3
    assert {visitor.subject: visitor.name for visitor in visitors} == {
        visitor.subject: people[visitor.subject] for visitor in visitors
    }
