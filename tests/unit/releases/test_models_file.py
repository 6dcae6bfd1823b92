"""models.yaml: ladders that name each other, and every mistake with its line."""

from pathlib import Path

import jsonschema_rs
import pytest

from frontdesk.domain.errors import ConfigProblem
from frontdesk.domain.release import ModelRoutes
from frontdesk.releases import json_schema
from frontdesk.releases.models_file import ModelsFile, resolve_models
from frontdesk.releases.yaml_files import read_yaml

MAIN = "{name: main, adapter: openai, model: large}"
SMALL = "{name: small, adapter: openai, model: small}"
QUOTES = "{name: quotes, adapter: extractive}"


def read(folder: Path, text: str) -> tuple[ModelRoutes | None, list[str]]:
    path = folder / "models.yaml"
    path.write_text(text)
    problems: list[ConfigProblem] = []
    file = read_yaml(path, ModelsFile, problems)
    routes = None
    if file is not None:
        routes, problems = resolve_models(file)
    return routes, [str(problem).removeprefix(f"{folder}/") for problem in problems]


def names(folder: Path, text: str) -> dict[str, list[str]]:
    routes, problems = read(folder, text)
    assert routes is not None, problems
    ladders = ("answer", "small_answer", "rewrite", "summary", "judge", "command")
    return {name: [rung.name for rung in getattr(routes, name)] for name in ladders if getattr(routes, name)}


def test_a_name_stands_for_a_rung_or_a_whole_ladder(tmp_path: Path) -> None:
    text = f"""
answer: [{MAIN}, small_answer, {QUOTES}]
small_answer: [{SMALL}]
rewrite: small
summary: [small_answer, main]
judge: {{name: reader, adapter: openai, model: r}}
command: [reader, small]
"""
    assert names(tmp_path, text) == {
        "answer": ["main", "small", "quotes"],
        "small_answer": ["small"],
        "rewrite": ["small"],
        "summary": ["small", "main"],
        "judge": ["reader"],
        "command": ["reader", "small"],
    }


def test_a_rung_that_is_named_twice_is_asked_once_and_quoting_comes_last(tmp_path: Path) -> None:
    text = f"answer: [small_answer, {MAIN}, main]\nsmall_answer: [{SMALL}, {QUOTES}]\nrewrite: answer\n"
    found = names(tmp_path, text)
    assert found["answer"] == ["small", "main", "quotes"]
    assert found["rewrite"] == ["small", "main"]


def test_the_same_rung_may_be_written_out_twice(tmp_path: Path) -> None:
    assert names(tmp_path, f"answer: [{MAIN}]\njudge: {MAIN}\n") == {"answer": ["main"], "judge": ["main"]}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f"answer:\n  - {MAIN}\nrewrite: smal\nsummary: {SMALL}", 3, "called `smal`. Did you mean `small`?"),
        ("answer:\n  - small_answer\nsmall_answer:\n  - answer", 4, "answer > small_answer > answer"),
        ("answer: [judge]\njudge: rewrite\nrewrite: [answer]", 3, "answer > judge > rewrite > answer"),
        (f"answer: [answer, {MAIN}]", 1, "answer > answer"),
        (f"answer:\n  - {MAIN}\njudge: {{name: main, adapter: openai, model: other}}", 3, "twice, and differently"),
        (f"answer:\n  - {MAIN}\njudge: {{name: answer, adapter: openai, model: x}}", 3, "names a ladder"),
        ("answer: []", 1, "at least one rung"),
        (f"answer: {MAIN}\nrewrite:\n  - {QUOTES}", 2, "can do nothing else"),
        (f"answer: {MAIN}\nhedge_share: 1.5", 2, "between 0 and 1"),
        (f"answer: {MAIN}\nhistory_tokens: 0", 2, "above 0"),
        (f"answer: {MAIN}\nbudget:\n  per_day_usd: -1", 3, "cannot be negative"),
        (f"answer: {MAIN}\nbudget:\n  small_from: 0.9\n  short_from: 0.8", 2, "rise in this order"),
        (f"answer: {MAIN}\nbudget:\n  extractive_from: 7", 3, "between 0 and 1"),
        (f"answer: {MAIN}\ncache:\n  keep_s: 0", 3, "above 0"),
        (f"answer: {MAIN}\ncache: {{entries: -1}}", 2, "cannot be negative"),
    ],
)
def test_what_cannot_work_is_named_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    routes, problems = read(tmp_path, text + "\n")
    assert routes is None
    (problem,) = problems
    assert problem.startswith(f"models.yaml:{line}: ")
    assert said in problem


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("first_byte_s: 0", "`first_byte_s` has to be above 0"),
        ("total_s: .inf", "`total_s` has to be above 0"),
        ("max_output_tokens: 0", "above 0"),
        ("max_concurrency: -1", "cannot be negative"),
        ("tokens_per_minute: -5", "cannot be negative"),
        ("context_tokens: 300", "leaves no room"),
        ("reserved_for_answers: 1", "below `max_concurrency`"),
        ("base_url: localhost:8000", "no address"),
        ("base_url: 'http://x:99999'", "no address"),
        ("price: {output_usd_per_million: -1}", "cannot be negative"),
    ],
)
def test_a_rung_that_cannot_work_is_named_with_its_line(tmp_path: Path, field: str, said: str) -> None:
    _, problems = read(tmp_path, f"answer:\n  - name: main\n    adapter: openai\n    model: m\n    {field}\n")
    assert [problem for problem in problems if problem.startswith("models.yaml:5: ") and said in problem], problems


def test_reserving_every_place_for_answers_is_a_mistake(tmp_path: Path) -> None:
    rung = "{name: main, adapter: openai, model: m, max_concurrency: 4, reserved_for_answers: 4}"
    assert "below `max_concurrency`" in read(tmp_path, f"answer: {rung}\n")[1][0]


def test_a_model_that_is_not_named_is_a_mistake(tmp_path: Path) -> None:
    assert "`model` is missing" in read(tmp_path, "answer: {name: main, adapter: openai}\n")[1][0]


@pytest.mark.parametrize("ladder", ["judge", "command"])
def test_a_ladder_that_keeps_to_no_schema_would_never_be_asked(tmp_path: Path, ladder: str) -> None:
    reader = "{name: reader, adapter: openai, model: r, capabilities: [system]}"
    _, (problem,) = read(tmp_path, f"answer: {MAIN}\n{ladder}: {reader}\n")
    assert problem.startswith(f"models.yaml:2: No rung of `{ladder}` can keep to a JSON schema")


def test_a_mistake_in_a_rung_is_told_in_its_own_words(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "answer:\n  - name: main\n    adapter: opnai\n    model: m\njudge: 3\n")
    first, second = problems
    assert first.startswith("models.yaml:3: `answer.0.adapter`: Input should be 'openai'")
    assert second.startswith("models.yaml:5: `judge`")


@pytest.mark.parametrize(
    ("written", "is_right"),
    [
        ({"answer": ["main", {"name": "main", "adapter": "openai", "model": "m"}]}, True),
        ({"answer": "small_answer", "small_answer": {"name": "s", "adapter": "openai"}}, True),
        ({"answer": [{"name": "main", "adapter": "openai", "modle": "m"}]}, False),
        ({"answer": [3]}, False),
        ({}, False),
    ],
)
def test_the_schema_for_editors_knows_every_way_to_write_a_ladder(written: object, is_right: bool) -> None:
    validator = jsonschema_rs.validator_for(json_schema("models.yaml"))
    assert validator.is_valid(written) is is_right
