import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from frontdesk.adapters.stores import exclusive_writer
from frontdesk.domain.errors import ConflictError

HOLD = """
import sys, time
from pathlib import Path
from frontdesk.adapters.stores import exclusive_writer
with exclusive_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_only_one_process_writes_at_a_time_and_the_others_are_told_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "frontdesk.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        began = time.monotonic()
        with (
            pytest.raises(ConflictError, match=f"process {other.pid}.*frontdesk up"),
            exclusive_writer(path, wait_s=0.2),
        ):
            pass
        assert 0.2 <= time.monotonic() - began < 2
        other.kill()
    with exclusive_writer(path, wait_s=2):
        assert (tmp_path / "frontdesk.db.lock").read_text() == str(os.getpid())


def test_waits_until_the_other_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "frontdesk.db"
    with exclusive_writer(path):
        pass
    with exclusive_writer(path, wait_s=0):
        pass
