"""A server of its own process, started as people start it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from frontdesk.drills.stage import SETTINGS, environ, frontdesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What a start has told."""

    first_line: str
    """On stdout."""
    log: Path

    def told(self, words: str) -> str:
        """The line of stderr with these words, once it is there."""
        for _ in range(200):
            for line in self.log.read_text(encoding="utf-8").splitlines():
                if words in line:
                    return line
            time.sleep(0.05)
        raise AssertionError(f"{words!r} is not in\n{self.log.read_text(encoding='utf-8')}")


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Running]:
    """`frontdesk` with these arguments in this folder, on a free port, by words only, until the block ends."""
    log = folder / f"log-{time.monotonic_ns()}"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            frontdesk(*arguments, "--port", "0"),
            cwd=folder,
            env=environ(SETTINGS),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line, log.read_text(encoding="utf-8")
        yield Running(first_line=line, log=log)
    finally:
        process.terminate()
        process.communicate(timeout=30)
