"""The command line in an empty folder."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from command import Result, Run
from frontdesk.cli import main, output


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    """Run `frontdesk …` in an empty folder, without an embedder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTDESK_EMBEDDER", "none")
    monkeypatch.setattr(output.out, "width", 200)

    def call(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["frontdesk", *arguments])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        shown = capsys.readouterr()
        return Result(code=code, out=shown.out, err=shown.err)

    yield call
    structlog.reset_defaults()
