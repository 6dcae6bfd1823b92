"""Proof of who a customer is."""

from typing import Protocol

from frontdesk.domain.conversation import Principal


class IdentityVerifier(Protocol):
    def verify(self, token: str) -> Principal:
        """The customer a signed token proves; `customer_id` is still None.

        Raises:
            UnauthenticatedError: expired, wrong audience, unknown key, forbidden algorithm, malformed or forged.
        """
        ...
