"""What a measurement of the whole server needs around it: processes, what they use, and the machine's own floors."""

import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

DEMO = Path(__file__).parents[1] / "examples" / "harbor-and-pine"
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def describe_machine() -> dict[str, str | int | float]:
    """What a figure was measured on; `busy` is the load of others when the run began, in cores."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": cpu,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "busy": round(os.getloadavg()[0], 1),
    }


@contextmanager
def started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended with the block. It may keep compiled modules, as it may wherever it is installed."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=15)


def frontdesk(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from frontdesk.cli import main; main()", *arguments]


def wait_for(url: str) -> None:
    """Return as soon as the address answers."""
    began = time.perf_counter()
    while time.perf_counter() - began < 60:
        try:
            if httpx.get(url, timeout=1).status_code < 500:
                return
        except httpx.HTTPError:
            time.sleep(0.02)
    raise TimeoutError(url)


def assistant_with(folder: Path, base_url: str) -> Path:
    """A copy of the demo's assistant whose answers come from the simulated vendor."""
    target = folder / "assistant"
    shutil.copytree(DEMO, target)
    route = f"answer:\n  - {{name: sim, adapter: openai, base_url: '{base_url}', model: sim-fast}}\n"
    (target / "models.yaml").write_text(f"{route}cache: {{entries: 0}}\n")  # each time a model is to be asked
    return target


def cpu_s(pid: int) -> float:
    """Processor time that a process has used so far, in seconds of one core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def resident_mb(pid: int) -> float:
    sizes = [line.split()[1] for line in _lines(f"/proc/{pid}/status") if line.startswith("VmRSS")]
    return int(sizes[0]) / 1024


def commit_ms(times: int = 200) -> list[float]:
    """How long one synchronous commit of one row takes here, each time."""
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE rows (body TEXT)")
        for _ in range(times):
            began = time.perf_counter()
            connection.execute("INSERT INTO rows VALUES (?)", ("x" * 200,))
            taken.append((time.perf_counter() - began) * 1000)
        connection.close()
    return taken


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
