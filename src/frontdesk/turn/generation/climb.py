"""What one draft, or one side job, has been through on its way down a ladder."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from frontdesk.domain.breaker import Kind, kind_of
from frontdesk.domain.errors import CostBudgetError, DependencyError
from frontdesk.domain.usage import AttemptResult, VendorAttempt
from frontdesk.ports.models import ChatRequest
from frontdesk.turn.generation.attempt import Asked, Attempt
from frontdesk.turn.generation.measured import TokenScale, request_chars
from frontdesk.turn.generation.rung import Rung, fitted
from frontdesk.turn.generation.vendors import Permit, Vendors
from frontdesk.turn.money.budget import Hold, Price, Purse


@dataclass(slots=True, kw_only=True)
class Climb:
    """Opens attempts, one rung after the other, within one deadline and one purse, and keeps their records."""

    request: ChatRequest
    vendors: Vendors
    price: Price
    purse: Purse
    ends_at: float
    """Monotonic seconds."""
    numbers: Iterator[int]
    """Of the turn's vendor attempts; each is taken once."""
    on_attempt: Callable[[VendorAttempt], None]
    records: list[VendorAttempt] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    """What was done without, for the turn's `degraded`."""
    last_error: DependencyError | None = None
    _failed_as: set[Kind] = field(default_factory=set)
    _holds: dict[int, Hold] = field(default_factory=dict)

    @property
    def left_s(self) -> float:
        return self.ends_at - self.vendors.monotonic()

    def label(self, *labels: str) -> None:
        self.labels.extend(label for label in labels if label not in self.labels)

    async def open(self, rung: Rung, *, limit_s: float, wait_s: float = 0.0, is_hedge: bool = False) -> Attempt | None:
        """An attempt that may begin now; None where this rung cannot take the request, or may not be asked.

        Args:
            limit_s: for the whole attempt, waiting for the vendor's limits included.
            wait_s: how long it may wait for those.
        """
        if limit_s <= 0 or not rung.can_take(self.request):
            return None
        if rung.is_built_in:
            return self._attempt(rung, self.request, limit_s=limit_s, permit=None, is_hedge=is_hedge)
        scale = self.vendors.scale(rung)
        request = _within_context(rung, self.request, scale)
        if request is None:
            return None
        began = self.vendors.monotonic()
        tokens = scale.to_read(request_chars(request)), rung.route.max_output_tokens
        permit = await self.vendors.admit(
            rung, purpose=request.purpose, tokens=sum(tokens), wait_s=min(wait_s, limit_s)
        )
        if permit is None:
            return None
        hold = await self._reserve(rung, permit, *tokens)
        if hold is None:
            return None
        left_s = limit_s - (self.vendors.monotonic() - began)
        attempt = self._attempt(rung, request, limit_s=left_s, permit=permit, is_hedge=is_hedge)
        self._holds[attempt.asked.number] = hold
        return attempt

    async def _reserve(self, rung: Rung, permit: Permit, read: int, written: int) -> Hold | None:
        """Money for the attempt; None where a ceiling leaves too little, and the permit is given back."""
        try:
            return await self.purse.reserve(
                route=rung.route,
                vendor=rung.model.vendor,
                model=rung.model.model,
                purpose=self.request.purpose,
                input_tokens=read,
                output_tokens=written,
            )
        except CostBudgetError:
            permit.give_back()
            self.label("budget_denied")
            return None
        except BaseException:
            permit.give_back()
            raise

    def _attempt(
        self, rung: Rung, request: ChatRequest, *, limit_s: float, permit: Permit | None, is_hedge: bool
    ) -> Attempt:
        number = next(self.numbers)
        return Attempt(
            Asked(rung=rung, request=request, number=number, limit_s=limit_s, permit=permit, is_hedge=is_hedge),
            monotonic=self.vendors.monotonic,
            price=self.price,
            counts=self._is_news,
            on_end=self._keep,
        )

    def _is_news(self, result: AttemptResult) -> bool:
        """Whether this request fails like this for the first time: what fails alike twice may be its own fault."""
        kind = kind_of(result, has_text=False)
        if kind is None:
            return True
        is_first = kind not in self._failed_as
        self._failed_as.add(kind)
        return is_first

    def _keep(self, record: VendorAttempt) -> None:
        self.records.append(record)
        hold = self._holds.pop(record.number, None)
        if hold is not None:
            self.purse.settle(hold, record)
        self.on_attempt(record)


async def first_reply(rungs: Sequence[Rung], climb: Climb) -> str | None:
    """The whole text of the first rung that delivers one; None where none does in time."""
    for rung in rungs:
        attempt = await climb.open(rung, limit_s=climb.left_s)
        if attempt is None:
            continue
        try:
            written = "".join([text async for text in attempt.texts()]).strip()
        except DependencyError as error:
            climb.last_error = error
            continue
        finally:
            attempt.finish()
        if attempt.end is not None and attempt.end.finish_reason == "stop":
            return written
    return None


def _within_context(rung: Rung, request: ChatRequest, scale: TokenScale) -> ChatRequest | None:
    """The request as large as the model can read beside what it may write; None where it cannot be made so small."""
    if not rung.route.context_tokens:
        return request
    room = rung.route.context_tokens - rung.route.max_output_tokens
    return fitted(request, room=room, count=lambda one: scale.to_read(request_chars(one)))
