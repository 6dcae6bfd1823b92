"""Talking in the terminal: what is shown, what is not, and what happens when something breaks."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command import Run
from fake_server import ACCEPTED, FIRST, SECOND, STAGE, FakeServer, Reply, a_fake_server, ended, event
from screen import ESCAPE, a_screen

ANSWER = Reply(parts=(ACCEPTED, STAGE, FIRST, SECOND, ended()))


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    with a_fake_server() as server:
        server.will("POST", "/messages", ANSWER)
        yield server


def _pipe(folder: Path, url: str, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """`frontdesk chat` between pipes."""
    command = [str(Path(sys.executable).parent / "frontdesk"), "chat", "--url", url, *options]
    environment = {**os.environ, "FRONTDESK_EMBEDDER": "none"}
    return subprocess.run(
        command, cwd=folder, env=environment, input=text, capture_output=True, text=True, timeout=60, check=False
    )


def _lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_answer_is_shown_with_its_stage_and_its_sources(tmp_path: Path, fake: FakeServer) -> None:
    with a_screen(tmp_path, "chat", "--url", fake.url) as screen:
        screen.wait_for("/help lists the commands.\n> ")
        screen.say("What do films cost?")
        shown = screen.wait_for("library.example/fees\n> ")
        screen.press(b"\x04")
        assert screen.end() == 0

    assert "Looking through the help pages …\r\x1b[2K" in ESCAPE.sub(
        lambda match: match[0] if match[0] == "\x1b[2K" else "", shown
    )
    assert "Films cost 2 EUR. [1] Books are free.\n[1] Fees  https://library.example/fees\n" in screen.text
    assert "\x1b[1;32m[1]" in shown
    assert "\x1b]8;" not in shown
    sent = fake.requests("/messages")[0]
    assert sent.body == {"text": "What do films cost?"}
    assert sent.headers["authorization"] == "Bearer fdc_secret"


def test_a_terminal_that_shows_links_gets_one(tmp_path: Path, fake: FakeServer) -> None:
    with a_screen(tmp_path, "chat", "--url", fake.url, environ={"VTE_VERSION": "7600"}) as screen:
        screen.wait_for("> ")
        screen.say("Films?")
        shown = screen.wait_for("fees\n> ")

    assert "\x1b]8;;https://library.example/fees\x1b\\" in shown
    assert shown.rstrip("> \r\n").endswith("\x1b]8;;\x1b\\")


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_are_left_out_where_they_are_not_wanted(
    tmp_path: Path, fake: FakeServer, environ: dict[str, str]
) -> None:
    with a_screen(tmp_path, "ask", "Films?", "--url", fake.url, environ=environ) as screen:
        assert screen.end() == 0

    assert not [code for code in ESCAPE.findall(screen.raw) if code.endswith("m") and set(code) & set("3456789")]
    if "TERM" in environ:
        assert "\x1b" not in screen.raw
        assert "Looking" not in screen.raw
    assert "Films cost 2 EUR. [1] Books are free.\n" in screen.text


def test_lines_break_at_the_width_of_a_phone(tmp_path: Path, fake: FakeServer) -> None:
    with a_screen(tmp_path, "ask", "Films?", "--url", fake.url, columns=24) as screen:
        assert screen.end() == 0

    assert "Films cost 2 EUR. [1]\nBooks are free.\n[1] Fees\n    https://library.example/fees" in screen.text


def test_a_pipe_gets_plain_text(tmp_path: Path, fake: FakeServer) -> None:
    done = _pipe(tmp_path, fake.url, "Films?\n\n")

    assert done.stdout == "Hello.\nFilms cost 2 EUR. [1] Books are free.\n[1] Fees  https://library.example/fees\n"
    assert "You are talking to a machine." in done.stderr
    assert done.returncode == 0


def test_unconfirmed_text_is_shown_to_nobody(tmp_path: Path, fake: FakeServer) -> None:
    guess = event("answer.provisional", text="Films are free")
    gone = event("answer.withdrawn", stage="ground")
    fake.will("POST", "/messages", Reply(parts=(ACCEPTED, guess, gone, FIRST, SECOND, ended())))

    plain, lines = _pipe(tmp_path, fake.url, "Films?\n"), _pipe(tmp_path, fake.url, "Films?\n", "--json")

    assert "free" not in plain.stdout.partition("Books")[0]
    assert [line["kind"] for line in _lines(lines)] == [
        "conversation.opened",
        "turn.accepted",
        "answer.sentence",
        "answer.sentence",
        "answer.completed",
    ]


def test_a_kept_message_says_so_beside_its_answer(tmp_path: Path, fake: FakeServer) -> None:
    delayed = event("turn.delayed", 2, text="Many are writing. Your message is kept.")
    fake.will("POST", "/messages", Reply(parts=(ACCEPTED, delayed, FIRST, SECOND, ended())))

    done = _pipe(tmp_path, fake.url, "Films?\n")

    assert "Your message is kept." in done.stderr
    assert "kept" not in done.stdout
    assert "Films cost 2 EUR. [1] Books are free.\n" in done.stdout


def test_a_message_that_was_overtaken_says_so(tmp_path: Path, fake: FakeServer) -> None:
    last = event("answer.completed", 2, outcome="clarified", text="", citations=[], degraded=["superseded"])
    fake.will("POST", "/messages", Reply(parts=(ACCEPTED, last)))

    assert "(The next message took its place.)" in _pipe(tmp_path, fake.url, "Films?\n").stdout


def test_programs_get_one_event_a_line_and_never_the_credential(tmp_path: Path, fake: FakeServer) -> None:
    fake.will("POST", "/feedback", Reply(json={"turn_id": "turn_1", "rating": "down", "reasons": ["wrong"]}))

    done = _pipe(tmp_path, fake.url, "Films?\n/bad wrong it is 3\n/nonsense\n", "--json")

    lines = _lines(done)
    assert [line["seq"] for line in lines if line["kind"].startswith("answer")] == [2, 3, 4]
    assert lines[-2] == {
        "kind": "feedback.given",
        "seq": None,
        "data": {"turn_id": "turn_1", "rating": "down", "reasons": ["wrong"]},
    }
    assert lines[-1]["kind"] == "problem"
    assert "fdc_secret" not in done.stdout
    assert fake.requests("/feedback")[0].body == {
        "turn_id": "turn_1",
        "rating": "down",
        "reasons": ["wrong"],
        "comment": "it is 3",
    }
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("/good", {"rating": "up", "reasons": []}),
        ("/good thank you", {"rating": "up", "reasons": [], "comment": "thank you"}),
        ("/bad", {"rating": "down", "reasons": []}),
        ("/bad outdated", {"rating": "down", "reasons": ["outdated"]}),
        ("/bad it is 3 EUR", {"rating": "down", "reasons": [], "comment": "it is 3 EUR"}),
    ],
)
def test_an_answer_is_rated(tmp_path: Path, fake: FakeServer, line: str, body: dict[str, Any]) -> None:
    fake.will(
        "POST", "/feedback", Reply(json={"turn_id": "turn_1", "rating": body["rating"], "reasons": body["reasons"]})
    )

    done = _pipe(tmp_path, fake.url, f"Films?\n{line}\n")

    assert fake.requests("/feedback")[0].body == {"turn_id": "turn_1", **body}
    assert "Noted: " in done.stdout


def test_a_source_is_opened_in_its_document(tmp_path: Path, fake: FakeServer) -> None:
    runs = [{"text": "Books are free. "}, {"text": "Films cost 2 EUR.", "is_marked": True}]
    blocks = [{"kind": "paragraph", "runs": runs}, {"kind": "paragraph", "runs": [{"text": "Pay by card."}]}]
    found = {"title": "Fees", "url": "", "breadcrumb": ["Fees"], "quote": "Films cost 2 EUR.", "is_current": True}
    fake.will("GET", "/citations/turn_1/1", Reply(json={**found, "document": {"title": "Fees", "blocks": blocks}}))

    done = _pipe(tmp_path, fake.url, "Films?\n/quote\n/quote 9\n")

    assert "Books are free. »Films cost 2 EUR.«\n\n  Pay by card." in done.stdout
    assert "Say which source" in done.stderr


def test_a_source_of_a_server_that_cannot_open_it_shows_its_words(tmp_path: Path, fake: FakeServer) -> None:
    assert "»Films cost 2 EUR.«" in _pipe(tmp_path, fake.url, "Films?\n/quote 1\n").stdout


@pytest.mark.parametrize("command", ["/good", "/quote 1", "/wait"])
def test_a_command_about_an_answer_needs_one(tmp_path: Path, fake: FakeServer, command: str) -> None:
    done = _pipe(tmp_path, fake.url, f"{command}\nFilms?\n")

    assert done.stderr.count("frontdesk: ") == 1
    assert "Films cost 2 EUR." in done.stdout, "the program goes on"


@pytest.mark.parametrize("is_cut", [True, False], ids=["connection cut", "server closed"])
def test_a_broken_answer_is_read_on_where_it_stopped(tmp_path: Path, fake: FakeServer, is_cut: bool) -> None:
    fake.will("POST", "/messages", Reply(parts=(ACCEPTED, STAGE, FIRST), is_cut=is_cut))
    other = event("answer.sentence", 3, turn_id="turn_0", index=0, separator="", text="Another turn.", citations=[])
    fake.will("GET", "/events", Reply(status=503, json={"title": "Starting"}), Reply(parts=(other, SECOND, ended())))

    done = _pipe(tmp_path, fake.url, "Films?\n")

    assert "Films cost 2 EUR. [1] Books are free.\n" in done.stdout
    assert "Another turn" not in done.stdout
    assert [one.headers["last-event-id"] for one in fake.requests("/events")] == ["2", "2"]
    assert len(fake.requests("/messages")) == 1
    assert "Connection lost, trying again." in done.stderr


def test_a_message_that_may_not_have_arrived_is_sent_again_under_the_same_key(tmp_path: Path, fake: FakeServer) -> None:
    fake.will("POST", "/messages", Reply(is_cut=True), ANSWER)

    done = _pipe(tmp_path, fake.url, "Films?\n")

    assert "Films cost 2 EUR." in done.stdout
    assert len({one.headers["idempotency-key"] for one in fake.requests("/messages")}) == 1
    assert len(fake.requests("/messages")) == 2


def test_a_reset_after_a_restart_begins_the_answer_anew(tmp_path: Path, fake: FakeServer) -> None:
    fake.will(
        "POST",
        "/messages",
        Reply(parts=(ACCEPTED, event("answer.sentence", 2, separator="", text="Films are", citations=[]))),
    )
    reset = event("turn.reset", 3, reason="taken_over")
    fake.will("GET", "/events", Reply(parts=(reset, FIRST.replace(b"id: 2", b"id: 4"), ended("Films cost 2 EUR. [1]"))))

    done = _pipe(tmp_path, fake.url, "Films?\n")

    assert "Films are\n(starting again)\n\nFilms cost 2 EUR. [1]\n[1] Fees" in done.stdout


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "/new begins another"),
        (404, "/new begins another"),
        (503, "Try again in a moment"),
        (409, ""),
        (413, ""),
    ],
)
def test_what_the_server_refuses_is_said_and_the_talk_goes_on(
    tmp_path: Path, fake: FakeServer, status: int, hint: str
) -> None:
    refusal = Reply(status=status, json={"title": "No", "detail": f"Not now, {status}.\x1b[31m"})
    fake.will("POST", "/messages", refusal, ANSWER)

    done = _pipe(tmp_path, fake.url, "Films?\nFilms?\n")

    assert f"frontdesk: Not now, {status}.[31m\n" in done.stderr
    assert hint in done.stderr
    assert "\x1b" not in done.stderr
    assert "Films cost 2 EUR." in done.stdout
    assert done.returncode == 0


def test_new_begins_another_conversation(tmp_path: Path, fake: FakeServer) -> None:
    done = _pipe(tmp_path, fake.url, "/new\nFilms?\n")

    assert done.stdout.count("Hello.") == 2
    assert len(fake.requests("/v1/conversations")) == 2


def test_ctrl_c_stops_waiting_and_the_answer_can_be_waited_for_again(tmp_path: Path, fake: FakeServer) -> None:
    go_on = threading.Event()
    fake.will("POST", "/messages", Reply(parts=(ACCEPTED, FIRST), is_cut=True, before_end=lambda: go_on.wait(20)))
    fake.will("GET", "/events", Reply(parts=(SECOND, ended())))
    with a_screen(tmp_path, "chat", "--url", fake.url) as screen:
        screen.wait_for("> ")
        screen.say("Films?")
        screen.wait_for("2 EUR. [1]")
        screen.press_until(b"\x03", "/wait shows it.\n> ")
        screen.say("/wait")
        screen.wait_for("Books are free.")
        screen.wait_for("> ")
        screen.press_until(b"\x03", "/quit or Ctrl-D ends.\n> ")
        screen.say("/quit")
        assert screen.end() == 0
        go_on.set()

    assert fake.requests("/events")[0].headers["last-event-id"] == "2"


def test_lines_are_edited_and_remembered(tmp_path: Path, fake: FakeServer) -> None:
    pytest.importorskip("readline")
    (tmp_path / ".frontdesk").mkdir()
    for keys in (b"Filns?\x7f\x7f\x7fms?\r", b"\x1b[A\x1b[A\r"):  # mended by backspace; then the arrow up, past /quit
        with a_screen(tmp_path, "chat", "--url", fake.url) as screen:
            screen.wait_for("> ")
            screen.press(keys)
            screen.wait_for("library.example/fees\n> ")
            screen.say("/quit")
            assert screen.end() == 0

    assert [one.body["text"] for one in fake.requests("/messages")] == ["Films?", "Films?"]
    assert (tmp_path / ".frontdesk" / "chat_history").stat().st_mode & 0o077 == 0


def test_nobody_at_the_address_is_said_at_once(run: Run) -> None:
    began = time.monotonic()

    result = run("ask", "Films?", "--url", "http://127.0.0.1:9")

    assert result.code == 4
    assert "No server answers at http://127.0.0.1:9" in result.err
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("url", ["not an address", "http://", "ftp://x", "http://[x"])
def test_what_is_no_address_is_said(run: Run, url: str) -> None:
    result = run("ask", "Films?", "--url", url)

    assert result.code in (1, 4)
    assert result.err.startswith("frontdesk: ")
    assert "Traceback" not in result.err


def test_a_stranger_at_the_address_is_told_from_a_server(run: Run, fake: FakeServer) -> None:
    fake.will("POST", "/v1/conversations", Reply(parts=(b"<html>Welcome</html>",)))

    result = run("ask", "Films?", "--url", fake.url)

    assert result.code == 4
    assert "did not answer as a Frontdesk server does" in result.err


def test_asking_for_json_sends_again_what_was_cut(run: Run, fake: FakeServer) -> None:
    turn = {"turn_id": "turn_1", "outcome": "answered", "text": "Films cost 2 EUR. \u202e"}
    fake.will(
        "POST",
        "/messages",
        Reply(is_cut=True, parts=(b"{",)),
        Reply(status=202, json={"state": "running"}),
        Reply(json=turn),
    )

    result = run("ask", "Films?", "--url", fake.url, "--json")

    assert result.code == 0
    assert result.json == turn
    assert "\u202e" not in result.out
    assert len({one.headers["idempotency-key"] for one in fake.requests("/messages")}) == 1


def test_a_real_answer_is_cited_quoted_and_rated(tmp_path: Path) -> None:
    subprocess.run(_frontdesk("init", "assistant"), cwd=tmp_path, check=True, capture_output=True)
    said = "How many days do I have to return unused items?\n/quote 1\n/bad outdated it was 60\n/human\n"

    done = subprocess.run(
        _frontdesk("chat", "--json"),
        cwd=tmp_path,
        env={**os.environ, "FRONTDESK_EMBEDDER": "none"},
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    lines = {line["kind"]: line["data"] for line in _lines(done)}
    assert lines["answer.completed"]["outcome"] == "answered"
    runs = [run for block in lines["citation"]["document"]["blocks"] for run in block["runs"]]
    assert any("30 days" in run["text"] for run in runs if run.get("is_marked"))
    assert lines["feedback.given"]["reasons"] == ["outdated"]
    assert lines["escalation.opened"]["text"]


def test_a_restarted_server_finishes_the_answer(tmp_path: Path) -> None:
    """The real one: killed in mid-answer, started again on another port, and the chat finds it."""
    assistant = _slow_assistant(tmp_path)
    first = _up(tmp_path, assistant)
    with a_screen(tmp_path, "chat", "--assistant", str(assistant)) as screen:
        screen.wait_for("> ")
        screen.say("What do films cost?")
        screen.wait_for("Films cost 2 EUR")
        first.send_signal(signal.SIGKILL)
        first.wait()
        (tmp_path / "go").touch()
        second = _up(tmp_path, assistant)
        try:
            screen.wait_for("Books are free")
            screen.wait_for("> ")
            screen.say("/quit")
            assert screen.end() == 0
        finally:
            second.terminate()
            second.wait(30)


def _slow_assistant(folder: Path) -> Path:
    """Writes a sentence, and the next one only once a file is there."""
    assistant = folder / "assistant"
    subprocess.run(_frontdesk("init", "assistant"), cwd=folder, check=True, capture_output=True)
    (assistant / "knowledge" / "films.md").write_text(
        "# Films\n\nFilms cost 2 EUR a week.\n\nBooks are free for everybody.\n"
    )
    (assistant / "slow.py").write_text(
        "import pathlib, time\n"
        "def answer(question):\n"
        "    for _ in range(6):  # what is shown runs behind what is written\n"
        "        yield 'Films cost 2 EUR a week.\\n\\n'\n"
        f"    while not pathlib.Path({str(folder / 'go')!r}).exists(): time.sleep(0.05)\n"
        "    yield 'Books are free for everybody.\\n\\n'\n"
    )
    (assistant / "models.yaml").write_text(
        "answer:\n  - {name: slow, adapter: python, model: 'slow:answer', idle_s: 20}\n"
    )
    return assistant


def _up(folder: Path, assistant: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "FRONTDESK_EMBEDDER": "none", "FRONTDESK_LEASE_S": "1"}
    command = _frontdesk("up", "--assistant", str(assistant), "--port", "0")
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://")
    process.stdout.close()
    return process


def _frontdesk(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "frontdesk"), *arguments]
