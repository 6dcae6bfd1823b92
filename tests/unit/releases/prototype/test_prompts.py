"""Instructions: which file holds them, what they say of names, what becomes of placeholders."""

import json
from pathlib import Path

import pytest

from frontdesk.releases.prototype import read_prototype
from frontdesk.releases.prototype.compose import merge_prompt
from frontdesk.releases.prototype.introduction import read_introduction
from frontdesk.releases.prototype.placeholders import map_placeholders
from frontdesk.releases.prototype.values import Prompt
from frontdesk.turn.generation.prompts import unknown_placeholders
from prototypes import PROMPT, a_prototype

OURS = (Path(__file__).parents[4] / "src/frontdesk/cli/starter/prompts/answer.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("system_prompt.txt", PROMPT),
        ("prompts/answer.txt", PROMPT),
        ("prompts/system.md", PROMPT),
        ("instructions.md", PROMPT),
        ("support.prompt", PROMPT),
        ("templates/chat.j2", PROMPT),
        ("config.yaml", f"model: gpt\nsystem_prompt: |\n  {PROMPT}\n"),
        ("settings/bot.yaml", f"bot:\n  instructions: >-\n    {PROMPT}\n"),
        ("prompts.json", json.dumps({"template": PROMPT})),
        ("bot.py", f'SYSTEM_PROMPT = """{PROMPT}"""\n'),
        ("app.py", f"prompt: str = '{PROMPT}'\n"),
    ],
)
def test_finds_the_instructions_wherever_teams_keep_them(tmp_path: Path, path: str, content: str) -> None:
    prototype = read_prototype(a_prototype(tmp_path, {path: content}))

    assert prototype.prompt is not None
    assert prototype.prompt.text == PROMPT
    assert prototype.prompt.source.partition("#")[0] == path
    assert prototype.introduction.name == "Aria"
    assert [document.source for document in prototype.documents] == ["docs/returns.md"]


def test_takes_the_system_prompt_and_names_the_others(tmp_path: Path) -> None:
    files = {
        "prompts/rewrite.txt": "Rewrite the question.",
        "prompts/system.txt": PROMPT,
        "prompts/tone.txt": "Be kind.",
    }

    prototype = read_prototype(a_prototype(tmp_path, files))

    assert prototype.prompt is not None
    assert prototype.prompt.source == "prompts/system.txt"
    assert {item.source for item in prototype.left_out} == {"prompts/rewrite.txt", "prompts/tone.txt"}
    assert all("prompts/system.txt" in item.reason for item in prototype.left_out)


@pytest.mark.parametrize(
    ("content", "reason"), [("  \n", "empty"), (b"%PDF-1.7\x00\x01", "binary"), (b"\xff\x00\x01\x00" * 9, "NUL")]
)
def test_a_prompt_that_is_none_is_left_out_with_a_reason(tmp_path: Path, content: str | bytes, reason: str) -> None:
    prototype = read_prototype(a_prototype(tmp_path, {"prompts/system.txt": content}))

    assert prototype.prompt is None
    assert reason in next(item.reason for item in prototype.left_out if item.source == "prompts/system.txt")


def test_a_prompt_with_a_key_is_not_copied_and_the_key_is_not_shown(tmp_path: Path) -> None:
    key = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0k1L2"
    prototype = read_prototype(a_prototype(tmp_path, {"prompts/system.txt": f"{PROMPT}\n\nUse {key} for the vendor."}))

    assert prototype.prompt is None
    left_out = next(item for item in prototype.left_out if item.source == "prompts/system.txt")
    assert left_out.reason == "line 3 holds what looks like an API key"
    assert key not in repr(prototype)


@pytest.mark.parametrize(
    ("text", "name", "organisation"),
    [
        ("You are Aria, the assistant of Acme Tools. Be kind.", "Aria", "Acme Tools"),
        ("You are an AI assistant for Acme & Sons. Never lie.", "", "Acme & Sons"),
        (
            "You are a helpful assistant named Bo. You work for the City Library of Millbrook!",
            "Bo",
            "City Library of Millbrook",
        ),
        ("Your name is Otto. You answer customers on behalf of Nordwind.", "Otto", "Nordwind"),
        ("You are Acme's support bot.", "", "Acme"),
        ("Du bist Lena, die Assistentin von Müller & Co. Antworte kurz.", "Lena", "Müller & Co"),
        ("Eres Luna, la asistente de Casa Verde.", "Luna", "Casa Verde"),
        ("You are a helpful assistant. Answer the question.", "", ""),
        ("You are GPT-4. Answer truthfully.", "", ""),
    ],
)
def test_reads_who_the_assistant_is(text: str, name: str, organisation: str) -> None:
    introduction = read_introduction(text)

    assert (introduction.name, introduction.organisation) == (name, organisation)


def test_placeholders_that_hand_over_data_go_with_their_lines() -> None:
    text, notes = map_placeholders(
        "You are Aria.\n\nContext:\n{context}\n\n<history>\n{chat_history}\n</history>\n\nQuestion: {question}\nHelpful answer:"
    )

    assert text == "You are Aria."
    assert [note.split()[0] for note in notes] == ["{context}", "{chat_history}", "{question}"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Answer {question} from {context} only.", "Answer the customer's question from the numbered passages only."),
        ("{{ question }} is what they ask.", "The customer's question is what they ask."),
        ("You speak for {company} in {{lang}}.", "You speak for {organisation} in {language}."),
        ("You are {name}.", "You are {name}."),
        ("Greet {name} warmly.", "Greet the customer warmly."),
        ("Keep to a ${tone} tone.", "Keep to a {voice} tone."),
        ("Today is %(date)s, mind that.", "Today is , mind that."),
        ("{% if vip %}Be extra kind.{% endif %}", "Be extra kind."),
        ('Reply as JSON {{"a": 1}} for {company}.', 'Reply as JSON {"a": 1} for {organisation}.'),
        ("No placeholders, only {} and {1}.", "No placeholders, only {} and {1}."),
    ],
)
def test_placeholders_of_others_become_ours_or_words(before: str, after: str) -> None:
    text, _ = map_placeholders(before)

    assert text == after
    assert unknown_placeholders(text) == ()


def test_says_of_each_placeholder_what_became_of_it() -> None:
    _, notes = map_placeholders("Answer {question} on {date} for {company}.")

    assert notes == (
        "{question} became the customer's question",
        "{date} was removed: nothing here fills it",
        "{company} became {organisation}",
    )


def test_our_rules_stand_after_the_instructions_taken_over() -> None:
    merged, _ = merge_prompt(Prompt(source="system.txt", text="Be brief. Say bike, never vehicle."), OURS)

    assert merged.startswith("You are {name}, the automated assistant of {organisation}.")
    assert (
        merged.index("Say bike")
        < merged.index("the rules hold")
        < merged.index("using only what the numbered passages say")
    )
    assert "I don't know." in merged
    assert unknown_placeholders(merged) == ()


def test_a_prompt_that_introduces_itself_is_not_introduced_twice() -> None:
    merged, _ = merge_prompt(Prompt(source="system.txt", text=PROMPT), OURS)

    assert merged.startswith("You are Aria")
    assert merged.count("You are") == 1
