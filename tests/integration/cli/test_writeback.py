"""`frontdesk writeback`: what is stuck is seen, mended and discarded from a shell, through the server that runs."""

import io
from pathlib import Path

import pytest

from command import Run


def test_without_a_server_it_says_how_to_get_one(run: Run) -> None:
    told = run("writeback", "list")
    assert told.code == 1
    assert "Start one with `frontdesk serve`" in told.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("resend", "conv_a", "--set", "tags"), "write it as FIELD=VALUE"),
        (("resend", "--set", "tags=RET"), "Name the conversation whose values these are."),
    ],
)
def test_a_value_without_its_field_or_its_conversation_is_refused(
    run: Run, arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("fd_x\n"))
    told = run("writeback", *arguments)
    assert told.code == 1
    assert said in told.err
