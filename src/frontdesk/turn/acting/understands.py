"""What the turn asks of whoever reads a message for workflows."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from frontdesk.domain.usage import VendorAttempt
from frontdesk.domain.workflow import SetSlot, Understood, WorkflowRun
from frontdesk.ports.models import ChatTurn
from frontdesk.turn.money.budget import Purse


class Understands(Protocol):
    """One per served release."""

    async def read(
        self,
        text: str,
        *,
        language: str,
        run: WorkflowRun | None,
        suspended: Sequence[WorkflowRun],
        history: Sequence[ChatTurn],
        channel: str,
        conversation: str,
        now: datetime,
        purse: Purse | None,
        numbers: Iterator[int] | None,
        on_attempt: Callable[[VendorAttempt], None],
        spoken: str = "",
        is_proved: bool = True,
    ) -> Understood:
        """What the message means for the open runs and the workflows; no commands where it concerns none of them.

        Args:
            run: the active one, which may be waiting for this message.
            conversation: its id, which decides which share of conversations it belongs to.
            now: aware; "tomorrow" is seen from it, in the assistant's time zone.
            spoken: the message before anything in it was masked; only values that a slot asks for are taken from it.
            is_proved: whether the customer has proved who they are.
        """
        ...

    def told_of(self, slot: str, text: str, *, language: str, run: WorkflowRun, now: datetime) -> SetSlot | None:
        """What the message that began a run says of a slot whose choices were read only after it."""
        ...
