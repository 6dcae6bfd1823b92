"""Whom the product tells about what happened."""

from typing import Protocol


class Notifier(Protocol):
    async def notify(self, topic: str, *, key: str, body: str) -> None:
        """Tell the outside once more or for the first time; `key` lets the receiver recognise a repetition.

        Args:
            topic: for example `escalation.opened`.
            body: a JSON document.
        Raises:
            DependencyError: it was not taken; the outbox tries again when that is worth it.
        """
        ...
