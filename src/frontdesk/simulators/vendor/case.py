"""One request as its fault sees it, and the healthy reply that faults are made from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from frontdesk.simulators.vendor.asks import Ask
from frontdesk.simulators.vendor.behaviour import VendorBehaviour
from frontdesk.simulators.vendor.prose import TOKEN_CHARS
from frontdesk.simulators.vendor.script import Ending, Piece, Script
from frontdesk.simulators.vendor.wire import Finish, Tokens, Wire

TOKEN = re.compile(rf"\s*\S{{1,{TOKEN_CHARS}}}|\s+")
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request, what it would be answered, and what went before it."""

    ask: Ask
    task: str
    """What it is about: answer, rewrite, summary, judge or command."""
    wire: Wire
    behaviour: VendorBehaviour
    text: str
    """The whole reply, as long as it would like to be."""
    number: int
    """1-based, of the requests to this model."""
    largest: int
    """Most prompt tokens of the earlier ones; 0 where there were none."""

    @cached_property
    def tokens(self) -> Sequence[str]:
        """As many as the request allows."""
        found = TOKEN.findall(self.text)
        return found[: self.ask.max_tokens] if self.ask.max_tokens else found

    @property
    def usage(self) -> Tokens:
        return self.ask.prompt_tokens, len(self.tokens)

    @property
    def natural_finish(self) -> Finish:
        return "length" if 0 < self.ask.max_tokens < len(TOKEN.findall(self.text)) else "stop"

    def due_ms(self, position: int) -> float:
        return self.behaviour.first_token_ms + position * self.behaviour.ms_per_token

    def token_pieces(self, upto: int | None = None) -> list[Piece]:
        """The tokens as they are sent, the first ones or all; what comes before them goes with the first."""
        read = self.ask.prompt_tokens
        pieces = [
            Piece(data=self.wire.token(token, (read, place + 1)), tokens=1, due_ms=self.due_ms(place))
            for place, token in enumerate(self.tokens[:upto])
        ]
        start = self.wire.start((read, 0))
        return [Piece(data=start, due_ms=self.due_ms(0)), *pieces] if start else pieces

    def last_pieces(self, finish: Finish | None, *, has_usage: bool = True, has_end: bool = True) -> list[Piece]:
        """How a stream ends: its reason, its usage, its mark."""
        usage = self.usage if has_usage else None
        data = (self.wire.finish(finish, usage) if finish else b"") + (self.wire.end() if has_end else b"")
        return [Piece(data=data, due_ms=self.due_ms(max(0, len(self.tokens) - 1)))] if data else []

    def healthy(
        self, *, finish: Finish | None = None, has_usage: bool = True, has_end: bool = True, has_finish: bool = True
    ) -> Script:
        """The whole reply as it was asked for, streamed or not."""
        reason: Finish = finish or self.natural_finish
        if not self.ask.is_stream:
            return self.whole("".join(self.tokens), reason, has_usage=has_usage)
        last = self.last_pieces(reason if has_finish else None, has_usage=has_usage, has_end=has_end)
        return Script(pieces=[*self.token_pieces(), *last])

    def whole(self, text: str, finish: Finish, *, has_usage: bool = True) -> Script:
        data = self.wire.whole(text, finish, self.usage if has_usage else None)
        piece = Piece(data=data, tokens=len(self.tokens), due_ms=self.due_ms(len(self.tokens)))
        return Script(pieces=[piece], media_type=JSON)

    def broken_off(self, share: float, *, then: Sequence[Piece] = (), ending: Ending = "whole") -> Script:
        """A share of the tokens, at least one, whatever is put after them, and an end."""
        if not self.ask.is_stream:
            data = self.wire.whole("".join(self.tokens), "stop", None)
            return Script(pieces=[Piece(data=data[: len(data) // 2])], media_type=JSON, ending=ending)
        upto = max(1, int(len(self.tokens) * share))
        late = [Piece(data=piece.data, due_ms=self.due_ms(upto - 1) + piece.due_ms) for piece in then]
        return Script(pieces=[*self.token_pieces(upto), *late], ending=ending)

    def refused(self, status: int, code: str, **headers: str) -> Script:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Script(pieces=[Piece(data=self.wire.error(code))], status=status, media_type=JSON, headers=named)
