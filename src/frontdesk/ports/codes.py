"""How one-time codes reach customers."""

from typing import Protocol


class CodeSender(Protocol):
    async def send(self, subject: str, code: str, *, language: str, deadline_s: float) -> bool:
        """Send the code by the way that the company keeps for this customer; whether it is on its way.

        It raises nothing: a code that wasn't sent is asked for in vain, and the customer is told so.
        """
        ...
