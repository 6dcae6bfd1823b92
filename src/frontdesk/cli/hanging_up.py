"""SIGHUP has two meanings: somebody asks to reload, or the terminal is gone."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable

_TERMINAL = "/dev/tty"


def on_hangup(reload: Callable[[], None]) -> None:
    """Call it for every SIGHUP from now on, unless the terminal that the process was started from was closed.

    Then it stops as for SIGTERM: nobody is left who could, and its port would stay taken.
    """
    had_terminal = sys.stdin.isatty() and _has_terminal()

    def answer() -> None:
        if had_terminal and not _has_terminal():
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            reload()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, answer)


def _has_terminal() -> bool:
    try:
        os.close(os.open(_TERMINAL, os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
