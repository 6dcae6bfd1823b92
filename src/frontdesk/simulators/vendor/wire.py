"""What an API's way of sending has to offer, so that faults break both alike."""

from typing import Literal, Protocol

Tokens = tuple[int, int]
"""Tokens read and written so far."""
Finish = Literal["stop", "length", "filter", "tools"]


class Wire(Protocol):
    """One reply in the words of an API."""

    def start(self, usage: Tokens) -> bytes:
        """Before the first token."""

    def token(self, text: str, usage: Tokens) -> bytes: ...

    def finish(self, finish: Finish, usage: Tokens | None) -> bytes:
        """Why it ends, and what it used; None leaves that out."""

    def end(self) -> bytes:
        """The mark that nothing follows."""

    def whole(self, text: str, finish: Finish, usage: Tokens | None) -> bytes:
        """The reply where no stream was asked for."""

    def error(self, code: str) -> bytes: ...

    def error_in_stream(self, code: str) -> bytes: ...
