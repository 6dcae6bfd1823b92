"""The command line.

Exit codes: 0 done · 1 it says no (nothing found, refused, a check failed) · 2 wrong use · 3 wrong
configuration · 4 something outside is not available · 130 interrupted.
"""

from frontdesk.cli.main import main

__all__ = ["main"]
