"""Fenced blocks marked `run` do what their page says, in an empty folder, with no network but this machine."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from docs.pages import ROOT, Block, blocks, name_of, pages

ADDRESS = "http://127.0.0.1:8000"
"""What pages call the server; the tests run it elsewhere."""
LIMIT_S = 120.0
_SHOWN = re.compile(r"fd_[\w-]+")


def _is_live(block: Block) -> bool:
    return "run" in block.info or any(word.startswith("file=") for word in block.info)


RUNNABLE = [page for page in pages() if any("run" in block.info for block in blocks(page))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A server with the demo shop."""

    address: str
    staff_key: str


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    command = [
        *_frontdesk(),
        "up",
        "--port",
        "0",
        "--data-dir",
        str(folder),
        "--assistant",
        str(ROOT / "examples/harbor-and-pine"),
    ]
    environment = {**_environment(), "FRONTDESK_EMBEDDER": "none"}  # it starts at once
    with (folder / "stderr").open("w+b") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment, text=True)
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            yield Site(address=address, staff_key=_key_in(folder / "stderr"))
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.mark.parametrize("page", RUNNABLE, ids=name_of)
def test_every_example_prints_what_its_page_shows(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    live = [block for block in blocks(page) if _is_live(block)]
    environment, address = _environment(), ADDRESS
    if any(ADDRESS in block.text for block in live):
        site: Site = request.getfixturevalue("site")
        environment["STAFF_KEY"], address = site.staff_key, site.address

    for block in live:
        text = block.text.replace(ADDRESS, address)
        target = next((word.removeprefix("file=") for word in block.info if word.startswith("file=")), "")
        if target:
            (tmp_path / target).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / target).write_text(text, encoding="utf-8")
        elif block.info[0] == "python":
            _run([sys.executable, "-c", text], tmp_path, environment)
        else:
            printed = _run(["bash", "-euo", "pipefail", "-c", _commands(text)], tmp_path, environment)
            assert _as_pattern(text).fullmatch(_tidy(printed)), (
                f"line {block.line} of {name_of(page)} printed\n{printed}"
            )


def _commands(text: str) -> str:
    return "\n".join(line[2:] for line in text.splitlines() if line.startswith("$ "))


def _as_pattern(text: str) -> re.Pattern[str]:
    """What a block shows between its commands; `…` stands for anything, over lines too."""
    shown = "\n".join(line for line in text.splitlines() if not line.startswith("$ "))
    return re.compile(re.escape(_tidy(shown)).replace("…", ".*"))


def _tidy(text: str) -> str:
    """Without the widths of tables and the breaks of lines, which depend on where something is printed."""
    return " ".join(text.split())


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, f"{command[-1]}\nended with {done.returncode}\n{done.stdout}"
    return done.stdout


def _environment() -> dict[str, str]:
    """That of the tests, without settings, with this environment's commands first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    if model_dir := os.environ.get("FRONTDESK_MODEL_DIR"):
        kept["FRONTDESK_MODEL_DIR"] = model_dir
    kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "COLUMNS": "80", "NO_COLOR": "1"}


def _frontdesk() -> list[str]:
    return [str(Path(sys.executable).parent / "frontdesk")]


def _key_in(path: Path) -> str:
    """The staff key, which is printed just after the address."""
    for _ in range(100):
        if match := _SHOWN.search(path.read_text(encoding="utf-8")):
            return match[0]
        time.sleep(0.05)
    raise AssertionError(path.read_text(encoding="utf-8"))
