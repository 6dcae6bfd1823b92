"""The command line.

Exit codes: 0 done · 1 it says no (nothing found, refused, a check failed) · 2 wrong use · 3 wrong
configuration · 4 something outside is not available · 130 interrupted.
"""

import os

# One thread for linear algebra: a query's small products get 100 times slower when OpenBLAS threads
# wait for busy cores (docs/decisions/0005). Must be said before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from frontdesk.cli.main import main

__all__ = ["main"]
