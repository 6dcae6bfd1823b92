"""Provisional text: what a customer sees of a draft before it is confirmed, in channels that show it.

It is told beside the log and never stored. What may be shown is for the guard to say; this module keeps the pace.
"""

import asyncio
from collections.abc import Callable
from typing import Literal

import structlog

from frontdesk.domain.events import AnswerProvisional, AnswerWithdrawn
from frontdesk.domain.ids import TurnId
from frontdesk.turn.delivery import TurnVoice

log = structlog.get_logger()

PACE_S = 0.04
"""Between two texts of one turn: 25 a second look continuous, and each costs a look of the guard."""


class Provisional:
    """Keeps listeners at what is unconfirmed right now; where nobody listens it does nothing."""

    def __init__(
        self, turn_id: TurnId, voice: TurnVoice | None, *, read: Callable[[], str], on_first: Callable[[], None]
    ) -> None:
        """
        Args:
            voice: None in a channel that shows confirmed text only.
            read: all that is unconfirmed now and that the guard lets be seen.
            on_first: called when the first text is told.
        """
        self._turn_id = turn_id
        self._voice = voice
        self._read = read
        self._on_first = on_first
        self._told = ""
        self._is_first = True
        self._next_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_on(self) -> bool:
        """Whether there is anybody to show something."""
        return self._voice is not None and self._voice.is_heard

    def touch(self) -> None:
        """There is more to show: at once if nothing was told for a while, else when its time has come."""
        if self._timer is None and self.is_on:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(self._next_s, loop.time()), self._tell_in_time)

    def refresh(self) -> None:
        """Something was confirmed or withheld: what stays is told at once, where anything was shown before."""
        if self._told:
            self._tell(self._look())

    def withdraw(self, stage: Literal["ground", "guard_out"]) -> None:
        """Part of what is shown does not stand; `refresh` or `clear` follows."""
        if self._told and self._voice is not None:
            self._voice.tell(AnswerWithdrawn(turn_id=self._turn_id, stage=stage))

    def clear(self) -> None:
        """Nothing stays to be seen, and nothing more comes until `touch`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._tell("")

    def _tell_in_time(self) -> None:
        self._timer = None
        self._tell(self._look())

    def _look(self) -> str:
        """What may be seen; nothing where that cannot be told, since the confirmed text comes all the same."""
        try:
            return self._read()
        except Exception:
            log.exception("provisional_failed", turn_id=self._turn_id)
            return ""

    def _tell(self, text: str) -> None:
        if text == self._told or self._voice is None:
            return
        if text and self._is_first:
            self._is_first = False
            self._on_first()
        self._told = text
        self._next_s = asyncio.get_running_loop().time() + PACE_S
        self._voice.tell(AnswerProvisional(turn_id=self._turn_id, text=text))
