"""A command in a terminal of its own, as a person sees and types it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

LIMIT_S = 30.0
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\]8;[^\x1b\x07]*(?:\x1b\\|\x07))")


_LEAD = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal the one whose Ctrl-C the command hears, then becomes the command."""


class Screen:
    """What a command wrote to its terminal so far, and a keyboard."""

    def __init__(self, command: list[str], *, columns: int, environ: Mapping[str, str], folder: Path) -> None:
        self.raw = ""
        self._seen = 0
        self._terminal, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LEAD, *command],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            cwd=folder,
            env=environ,
            start_new_session=True,
        )
        os.close(inner)

    @property
    def text(self) -> str:
        """Without colours and other sequences."""
        return _plain(self.raw)

    def wait_for(self, words: str) -> str:
        """The raw text from the last wait to the end of these words; what came after them is still unseen."""
        until = time.monotonic() + LIMIT_S
        while words not in self._unseen():
            assert time.monotonic() < until, f"{words!r} did not come; the screen says\n{self.text}"
            if not self._read():
                assert words in ESCAPE.sub("", self.raw[self._seen :]), f"ended before {words!r}:\n{self.text}"
        began, self._seen = self._seen, self._end_of(words)
        return self.raw[began : self._seen]

    def press_until(self, keys: bytes, words: str) -> None:
        """Press the keys, and again every two seconds, as a person does: a terminal that is being set up loses some."""
        until = time.monotonic() + LIMIT_S
        while words not in self._unseen():
            assert time.monotonic() < until, f"{words!r} did not come; the screen says\n{self.text}"
            self.press(keys)
            again = time.monotonic() + 2.0
            while time.monotonic() < again and words not in self._unseen():
                self._read()
        self._seen = self._end_of(words)

    def say(self, line: str) -> None:
        self.press(f"{line}\r".encode())

    def press(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def end(self) -> int:
        """Its exit code, once it has ended."""
        until = time.monotonic() + LIMIT_S
        while self._read():
            assert time.monotonic() < until, f"it does not end:\n{self.text}"
        return self._process.wait(LIMIT_S)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def _unseen(self) -> str:
        return _plain(self.raw[self._seen :])

    def _end_of(self, words: str) -> int:
        """Where in the raw text the words end that are unseen."""
        ends = range(self._seen, len(self.raw) + 1)
        return self._seen + bisect_left(ends, True, key=lambda end: words in _plain(self.raw[self._seen : end]))

    def _read(self) -> bool:
        """More of it within a moment; False when there will be no more."""
        ready, _, _ = select.select([self._terminal], [], [], 0.2)
        if not ready:
            return True
        try:
            piece = os.read(self._terminal, 65536)
        except OSError:  # the other end is closed
            return False
        self.raw += piece.decode("utf-8", "replace")
        return bool(piece)


def _plain(raw: str) -> str:
    return ESCAPE.sub("", raw).replace("\r\n", "\n")


@contextmanager
def a_screen(
    folder: Path, *arguments: str, columns: int = 80, environ: Mapping[str, str] | None = None
) -> Iterator[Screen]:
    """`frontdesk …` in a terminal with colours, without what the tests' own terminal says of itself."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "FRONTDESK_MODEL_DIR") if name in os.environ}
    settings = {"TERM": "xterm-256color", "FRONTDESK_EMBEDDER": "none", "LANG": "C.UTF-8", **(environ or {})}
    command = [str(Path(sys.executable).parent / "frontdesk"), *arguments]
    screen = Screen(command, columns=columns, environ={**kept, **settings}, folder=folder)
    try:
        yield screen
    finally:
        screen.close()
