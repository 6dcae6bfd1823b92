"""A purse over either database, a turn that pays from it, and a vendor with round prices."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from frontdesk.adapters.stores import open_database
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.domain.ids import ConversationId, MessageId, ReleaseId, TurnId
from frontdesk.domain.money import Payer
from frontdesk.domain.release import Ceilings, ModelRoute
from frontdesk.domain.turn import Lease, OpenTurn
from frontdesk.domain.usage import Usage, VendorAttempt
from frontdesk.ports.stores import Database
from frontdesk.turn.money.budget import CappedPurse
from frontdesk.turn.money.watch import BudgetWatch

ROUTE = ModelRoute(name="main", adapter="openai", model="big", base_url="https://vendor.example/v1", total_s=20.0)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_names = count(1)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        found: str = request.getfixturevalue("postgres_url")
        return found
    return f"sqlite:///{tmp_path}/frontdesk.db"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = await open_database(url)
    yield opened
    await opened.close()


def a_price(
    _vendor: str, model: str, usage: Usage, *, route: ModelRoute | None = None, seconds: float = 0.0
) -> Decimal | None:
    """A thousandth of a dollar for a thousand tokens, read or written; `odd` has no price."""
    return None if model == "odd" else Decimal(usage.input_tokens + usage.output_tokens) / 1_000_000


@dataclass
class Heard:
    """Occurrences as they were noted."""

    notes: list[tuple[str, str, str]] = field(default_factory=list)

    def note(self, kind: str, *, subject: str, severity: str = "warning", **_: object) -> None:
        self.notes.append((kind, subject, severity))


@dataclass
class Payers:
    """Opens purses and makes the turns that they belong to."""

    database: Database
    heard: Heard = field(default_factory=Heard)
    telemetry: PrometheusTelemetry = field(default_factory=PrometheusTelemetry)

    def purse(self, ceilings: Ceilings, turn: OpenTurn) -> CappedPurse:
        return CappedPurse(
            self.database,
            ceilings,
            Payer(turn_id=turn.turn_id, conversation_id=turn.conversation_id),
            turn.lease.fence,
            price=a_price,
            mint=lambda: f"res_{next(_names)}",
            watch=BudgetWatch(self.telemetry, self.heard),
        )


@pytest.fixture
def payers(database: Database) -> Payers:
    return Payers(database)


@pytest.fixture
def a_turn() -> Callable[..., OpenTurn]:
    def build(name: str = "", *, fence: int = 1, conversation: str = "conv_1") -> OpenTurn:
        turn_id = TurnId(f"turn_{name or next(_names)}")
        return OpenTurn(
            turn_id=turn_id,
            conversation_id=ConversationId(conversation),
            message_id=MessageId("msg_1"),
            text="Where is my order?",
            language="en",
            channel="web_chat",
            release_id=ReleaseId("rel_1"),
            accepted_at=NOW,
            deadline_at=NOW + timedelta(seconds=30),
            lease=Lease(turn_id=turn_id, owner="me", fence=fence),
        )

    return build


@pytest.fixture
def an_attempt() -> Callable[..., VendorAttempt]:
    def build(cost: str | None = "0.0005", **changes: object) -> VendorAttempt:
        attempt = VendorAttempt(
            number=1,
            purpose="answer",
            vendor="vendor.example",
            model="big",
            reported_model="big",
            result="ok",
            first_token_ms=10.0,
            total_ms=100.0,
            usage=Usage(input_tokens=400, output_tokens=100),
            cost_usd=None if cost is None else Decimal(cost),
        )
        return replace(attempt, **changes)  # type: ignore[arg-type]

    return build
