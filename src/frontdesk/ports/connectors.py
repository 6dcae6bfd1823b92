"""The one way to other systems: CRM, payments, shipping, whatever a company runs."""

from collections.abc import Mapping
from typing import Protocol

from frontdesk.domain.connector import CallFailure, CallResult, OperationSpec, Value


class Connector(Protocol):
    """A system with its operations."""

    @property
    def name(self) -> str: ...

    @property
    def operations(self) -> Mapping[str, OperationSpec]:
        """By their short names."""
        ...

    async def call(
        self, operation: str, arguments: Mapping[str, Value], *, key: str, deadline_s: float
    ) -> CallResult | CallFailure:
        """Run an operation, with what the connector's own retries, limits and breaker allow.

        An effect that failed is `silent` exactly where nobody knows whether it took place; after every other failure it
        did not. It raises nothing for what the other system does or does not do, and does not look at whose record came: that is
        decided in one place for all connectors.

        Args:
            arguments: typed, complete and checked, the bound ones included.
            key: idempotency key of an effect; empty for reads.
            deadline_s: seconds left for everything, retries included.
        """
        ...

    async def close(self) -> None: ...
