"""Logs: every shape they come in, and what is wrong with them."""

import json
from pathlib import Path

import pytest

from frontdesk.releases.prototype import Prototype, read_prototype
from prototypes import a_prototype

ROWS = [
    {"question": "Do you lend films?", "answer": "Yes, three."},
    {"question": "When do you open?", "answer": "At nine."},
]
LINES = "\n".join(map(json.dumps, ROWS))


def _read(tmp_path: Path, content: str | bytes, name: str) -> Prototype:
    return read_prototype(a_prototype(tmp_path, {f"logs/{name}": content}))


def _asked(prototype: Prototype) -> list[tuple[str, str]]:
    return [(item.question, item.answer) for item in prototype.questions]


TALK = [
    {"role": "system", "content": "You are Aria."},
    {"role": "user", "content": "Do you lend films?"},
    {"role": "assistant", "content": "Yes, three."},
    {"role": "user", "content": "For how long?"},
]
SHAPES = {
    "commas.csv": 'question,answer\nDo you lend films?,"Yes, three."\n',
    "semicolons.csv": "Frage;Antwort\nDo you lend films?;Yes, three.\n",
    "tabs.tsv": "id\tQuery\tResponse\n1\tDo you lend films?\tYes, three.\n",
    "pipes.csv": "user|assistant\nDo you lend films?|Yes, three.\n",
    "mark.csv": '\ufeffUser Message,Bot Response\nDo you lend films?,"Yes, three."\n',
    "lines.jsonl": json.dumps({"prompt": "Do you lend films?", "completion": "Yes, three."}),
    "list.json": json.dumps([{"input": "Do you lend films?", "output": "Yes, three."}]),
    "inside.json": json.dumps({"data": [{"question": "Do you lend films?", "answer": "Yes, three."}]}),
    "openai.jsonl": json.dumps({"messages": TALK}),
    "parts.jsonl": json.dumps(
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Do you lend films?"}]}, TALK[2]]}
    ),
    "sharegpt.json": json.dumps(
        [{"conversations": [{"from": "human", "value": "Do you lend films?"}, {"from": "gpt", "value": "Yes, three."}]}]
    ),
    "said.csv": 'session_id,role,content\n7,user,Do you lend films?\n7,assistant,"Yes, three."\n7,user,For how long?\n',
}


@pytest.mark.parametrize("name", SHAPES)
def test_reads_the_shapes_that_logs_have(tmp_path: Path, name: str) -> None:
    prototype = _read(tmp_path, SHAPES[name], name)

    assert _asked(prototype) == [("Do you lend films?", "Yes, three.")]
    assert prototype.questions[0].source.startswith(f"logs/{name}:")


def test_latin_letters_of_spreadsheets_are_read(tmp_path: Path) -> None:
    prototype = _read(
        tmp_path, "Frage;Antwort\nWann öffnet die Bücherei am Samstag?;Um neun.\n".encode("latin-1"), "a.csv"
    )

    assert prototype.questions[0].question == "Wann öffnet die Bücherei am Samstag?"
    assert prototype.questions[0].language == "de"


def test_the_same_question_is_kept_once_and_counted(tmp_path: Path) -> None:
    content = "question\nWhen do you open?\nDo you lend films?\nwhen do you  open\nWhen do you open ?\n"

    prototype = _read(tmp_path, content, "a.csv")

    assert [(item.question, item.times) for item in prototype.questions] == [
        ("When do you open?", 3),
        ("Do you lend films?", 1),
    ]
    assert prototype.asked == 4


def test_personal_data_is_masked(tmp_path: Path) -> None:
    content = json.dumps(
        {"question": "Why was mara.lind@example.org refused?", "answer": "Card 4111 1111 1111 1111 failed."}
    )

    question = _read(tmp_path, content, "a.jsonl").questions[0]

    assert question.question == "Why was [e-mail address removed] refused?"
    assert "4111" not in question.answer
    assert question.is_masked


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "a.csv",
            "question,answer\nWhen do you open?,At nine.\nbroken\na,b,c\n",
            "2 broken rows were left out (lines 3, 4)",
        ),
        ("a.csv", 'question,answer\nWhen do you open?,At nine.\n"Do you\nlend films?,Yes\n', "line 3 is never closed"),
        ("a.jsonl", f"{LINES}\nnot json\n[1]\n", "2 broken rows were left out (lines 3, 4)"),
    ],
)
def test_broken_rows_are_left_out_and_told(tmp_path: Path, name: str, content: str, words: str) -> None:
    prototype = _read(tmp_path, content, name)

    assert ("When do you open?", "At nine.") in _asked(prototype)
    assert any(words in change.what for change in prototype.changes), prototype.changes


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "sku,price\n1,2\n", "neither questions nor articles: its columns are price, sku"),
        ("a.csv", b"\x00\x01\x02", "NUL"),
        ("a.csv", "", "empty"),
        ("a.json", "[1, 2]", "no list of objects"),
        ("a.json", '{"question": ', "no line of it is a JSON object"),
        ("a.jsonl", "[" * 100_000, "no line of it is a JSON object"),
        ("a.csv", "question,answer\n,Nothing was asked.\n", "no row of it holds a question"),
    ],
)
def test_what_is_no_log_is_left_out_with_a_reason(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    prototype = _read(tmp_path, content, name)

    assert prototype.questions == ()
    assert words in next(item.reason for item in prototype.left_out if item.source == f"logs/{name}")


def test_a_log_too_large_to_read_is_left_unread(tmp_path: Path) -> None:
    folder = a_prototype(tmp_path, {"logs/huge.csv": "question,answer\n"})
    with (folder / "logs/huge.csv").open("r+b") as file:
        file.truncate(300_000_000)  # sparse: it takes no space

    prototype = read_prototype(folder)

    assert "300.0 MB, and at most 50 MB are read" in prototype.left_out[0].reason
