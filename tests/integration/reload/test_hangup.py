"""SIGHUP on a server of its own process: reload, unless its terminal has gone."""

import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from bench.surroundings import frontdesk

from frontdesk.cli.starting import _write_starter
from running import running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write_starter(tmp_path / "assistant", "Robin", "Tea and Co")
    return tmp_path


def eventually(what: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_hangup_signal_takes_the_folder_anew_and_keeps_a_mistake_out(folder: Path) -> None:
    with running(folder, "up", "--empty"):
        pass  # the documents are read in
    with running(folder, "serve") as server:
        pid = json.loads((folder / ".frontdesk" / "server.json").read_text())["pid"]

        def ready() -> dict[str, str]:
            found: dict[str, str] = httpx.get(f"{server.first_line}/readyz").json()
            return found

        first = ready()["release"]
        profile = folder / "assistant" / "assistant.yaml"
        good = profile.read_text(encoding="utf-8")
        profile.write_text(good.replace("name: Robin", "name: Ada"), encoding="utf-8")
        time.sleep(1.5)
        assert ready()["release"] == first  # `serve` does not watch
        os.kill(pid, signal.SIGHUP)
        eventually(lambda: ready()["release"] != first)
        second = ready()["release"]
        profile.write_text("name: [", encoding="utf-8")
        os.kill(pid, signal.SIGHUP)
        eventually(lambda: ready()["config"] == "rejected")
        assert ready() | {"release": second, "status": "ready"} == ready()
        server.told("config.rejected")


def test_a_server_ends_with_the_terminal_it_was_started_from(folder: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$@" <"$TTY"', "sh", *frontdesk("up", "--empty", "--port", "0")],
        cwd=folder,
        env={**os.environ, "FRONTDESK_EMBEDDER": "none", "TTY": os.ttyname(theirs)},
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        os.close(theirs)
        os.close(ours)
        process.wait(timeout=20)
    finally:
        process.kill()
        process.communicate()
