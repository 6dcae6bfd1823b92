"""Frontdesk runs a customer-service AI in production.

A message becomes an answer in `frontdesk.turn`; a document becomes part of a sealed snapshot in
`frontdesk.ingest`. The two meet in data: a turn is given a release, and a release pins a snapshot.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("frontdesk")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"

__all__ = ["__version__"]
