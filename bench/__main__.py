"""`python -m bench [NAME …]`: every measurement, or the named ones."""

import runpy
import sys

NAMES = (
    "turns",
    "grounding",
    "guards",
    "retrieval",
    "fusion",
    "prompts",
    "ingestion",
    "storage",
    "pages",
    "failover",
    "cancels",
    "connectors",
    "writeback",
    "retail",
    "understanding",
)

if __name__ == "__main__":
    wanted = sys.argv[1:] or list(NAMES)
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        sys.exit(f"There is no measurement called {', '.join(unknown)}. Known are {', '.join(NAMES)}.")
    sys.argv[1:] = []
    for name in wanted:
        print(f"== {name}", flush=True)
        runpy.run_module(f"bench.{name}", run_name="__main__")
