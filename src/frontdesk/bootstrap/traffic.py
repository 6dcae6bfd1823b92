"""An hour of earlier traffic for a demo: simulated customers write to the assistant, and the real pipeline answers.

Nothing is made up but what they write: answers, records, costs and timings are those of turns that were worked. Only
the clock is another, one that stands in the hour before now. What these conversations leave is marked by their origin:
no notice goes outside, no metric of this process counts them, and the log is silent unless something goes wrong.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.bootstrap.app import App
from frontdesk.domain.conversation import Conversation, ConversationStatus, InboundMessage
from frontdesk.domain.errors import ConfigError, ConfigProblem, StoreUnavailableError
from frontdesk.domain.events import StoredEvent
from frontdesk.domain.feedback import Feedback
from frontdesk.domain.ids import CustomerId
from frontdesk.domain.release import ModelRoutes
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Stores
from frontdesk.releases.yaml_files import read_yaml
from frontdesk.simulators.customers import (
    NAMES,
    CustomersFile,
    Line,
    SimulatedCustomer,
    moments,
    rating_delay,
)
from frontdesk.turn.delivery import final_event
from frontdesk.turn.feedback import clean_comment, give_feedback
from frontdesk.turn.running.runner import RunnerLimits, TurnRunner

log = structlog.get_logger()

CUSTOMERS_FILE = "customers.yaml"
UNFINISHED_FILE = "simulated-traffic"
"""In the data folder while simulated customers write; one that is found at a start says that they were interrupted."""
LONGEST_S = 60.0
"""Then whoever still writes goes home; the next start goes on."""
_AT_A_TIME = 2
_ARRIVAL = timedelta(seconds=6)
"""From opening the chat to the first line."""
_ANSWER_S = 30.0
_DEADLINE_S = 7200.0
"""A turn that is cut off by a kill stands in the past, and must still be in time for whoever takes it over now."""


def read_customers(folder: Path, languages: Sequence[str]) -> tuple[SimulatedCustomer, ...]:
    """The simulated customers beside an assistant folder's files, in order of their arrival; none without the file.

    Raises:
        ConfigError: every mistake, each as `file:line`.
    """
    path = folder / CUSTOMERS_FILE
    if not path.exists():
        return ()
    problems: list[ConfigProblem] = []
    file = read_yaml(path, CustomersFile, problems, known=NAMES)
    if file is None:
        raise ConfigError(problems)
    customers: tuple[SimulatedCustomer, ...] = file.value.customers
    wrong = list(_check(customers, languages))
    if wrong:
        raise ConfigError(
            [ConfigProblem(where=file.where("customers", *loc), message=message) for loc, message in wrong]
        )
    return tuple(sorted(customers, key=lambda customer: customer.minute))


def _check(customers: Sequence[SimulatedCustomer], languages: Sequence[str]) -> Iterator[tuple[tuple[int, str], str]]:
    """Where in the list, and what is wrong there."""
    names: set[str] = set()
    for number, customer in enumerate(customers):
        if customer.name in names:
            yield (number, "name"), f"`{customer.name}` is there twice; names tell conversations apart."
        names.add(customer.name)
        if customer.language not in languages:
            known = ", ".join(languages)
            yield (number, "language"), f"`{customer.language}` is no language of the assistant; it has {known}."


class Traffic:
    """Simulated customers who write in the background, several at a time, until all have said their lines."""

    def __init__(self, app: App, customers: Sequence[SimulatedCustomer]) -> None:
        self.conversations = len(customers)
        self.messages = sum(len(customer.lines) for customer in customers)
        self.played = 0
        """Conversations that are over, or were known already."""
        self._app = app
        self._waiting = iter(customers)
        self._until = app.clock.now()
        self._telemetry = PrometheusTelemetry()  # of its own: nobody reads it
        self._mark = app.settings.data_dir / UNFINISHED_FILE
        self._task = asyncio.create_task(self._play(), name="simulated customers")
        app.resources.push_async_callback(self.stop)

    @property
    def is_done(self) -> bool:
        return self._task.done()

    async def wait(self, seconds: float, *, tell: Callable[[int, int], None] = lambda _, __: None) -> bool:
        """Wait for the last answer, at most so long; whether it was given.

        Args:
            tell: called now and then with the conversations that are over, and all there are.
        """
        until = self._app.clock.monotonic() + seconds
        while not self.is_done and (left := until - self._app.clock.monotonic()) > 0:
            tell(self.played, self.conversations)
            await asyncio.wait({self._task}, timeout=min(left, 0.1))
        return self.is_done

    async def stop(self) -> None:
        """Send everybody home; turns under way are finished or given back."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _play(self) -> None:
        structlog.contextvars.bind_contextvars(origin="simulated")
        self._mark.touch()
        try:
            async with asyncio.timeout(LONGEST_S):
                all_went_well = all(await asyncio.gather(*(self._play_in_turn() for _ in range(_AT_A_TIME))))
        except TimeoutError:
            log.warning("simulated_customers_too_slow", played=self.played, of=self.conversations, after_s=LONGEST_S)
            return
        if all_went_well:
            self._mark.unlink(missing_ok=True)

    async def _play_in_turn(self) -> bool:
        """Whether nobody had to be left out."""
        for customer in self._waiting:
            try:
                await _play_customer(self._app, customer, until=self._until, telemetry=self._telemetry)
            except StoreUnavailableError:
                log.warning("simulated_customers_sent_home", played=self.played, of=self.conversations)
                return False
            except Exception:  # one script that cannot be played must not keep the others out
                log.exception("simulated_customer_left_out", customer=customer.name)
            self.played += 1
        return True


async def open_traffic(app: App) -> Traffic | None:
    """Let the simulated customers in, where there are any and nobody has ever written; None where they stay away.

    Where a start was interrupted while they wrote, those who had not begun yet come now.

    Raises:
        ConfigError: every mistake in customers.yaml.
    """
    settings, content = app.settings, app.releases.serving().content
    if not (settings.assistant_dir / CUSTOMERS_FILE).exists():
        return None
    is_interrupted = (settings.data_dir / UNFINISHED_FILE).exists()
    if not is_interrupted and await app.database.read(lambda stores: bool(stores.conversations.list_recent(limit=1))):
        return None
    if asks_others(content.models):
        log.info("simulated_customers_stay_away", reason="models.yaml names models that may cost money")
        return None
    customers = read_customers(settings.assistant_dir, content.profile.languages)
    if not customers:
        return None
    return Traffic(app, customers)


def asks_others(models: ModelRoutes) -> bool:
    """Whether answering asks anything but this process; nobody's bill may grow for a demo."""
    return any(route.adapter != "extractive" for route in models.answer) or bool(
        models.rewrite or models.summary or models.command
    )


class ClockInThePast:
    """The clock of one simulated conversation: it is set, runs on from there, and never steps back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._behind: timedelta | None = None

    def stand_at(self, moment: datetime) -> None:
        at_least = moment if self._behind is None else max(moment, self.now())
        self._behind = self._clock.now() - at_least

    def now(self) -> datetime:
        return self._clock.now() - (self._behind or timedelta())

    def monotonic(self) -> float:
        return self._clock.monotonic()


async def _play_customer(
    app: App, customer: SimulatedCustomer, *, until: datetime, telemetry: PrometheusTelemetry
) -> None:
    """One whole conversation; nothing happens where it was begun before."""
    sent = moments(customer, until=until)
    clock = ClockInThePast(app.clock)
    clock.stand_at(sent[0] - _ARRIVAL)
    if not await _enter(app, customer, at=clock.now()):
        return
    runner = TurnRunner(
        app.database,
        app.releases.serving,
        clock=clock,
        tokens=app.tokens,
        telemetry=telemetry,
        owner=f"simulated-{app.tokens.token()}",
        limits=RunnerLimits(deadline_s=_DEADLINE_S, lease_s=_ANSWER_S),  # nobody keeps its leases
    )
    try:
        for line, moment, following in zip(customer.lines, sent, (*sent[1:], until), strict=True):
            clock.stand_at(moment)
            answered = await _say(app, runner, customer, line, key=moment.isoformat())
            clock.stand_at(answered.at)  # later than it should be where another worker had to take the turn over
            clock.stand_at(moment + rating_delay(until_next=following - moment))
            await _rate(app, answered, line, at=clock.now())
    finally:
        await runner.close(grace_s=1.0)


async def _enter(app: App, customer: SimulatedCustomer, *, at: datetime) -> bool:
    """Begin the conversation; whether it is new. Nobody holds its token."""
    fresh = CustomerId.mint(app.tokens.token())
    token_hash = hashlib.sha256(app.tokens.secret().encode()).hexdigest()
    conversation = Conversation(
        conversation_id=customer.conversation_id,
        channel=customer.channel,
        locale=customer.language,
        status=ConversationStatus.ASSISTANT,
        principal=customer.principal,
        last_seq=0,
        created_at=at,
        origin="simulated",
    )

    def enter(stores: Stores) -> bool:
        if stores.conversations.get(conversation.conversation_id) is not None:
            return False
        principal = conversation.principal
        if principal.subject is not None:
            known = stores.customers.get_or_create(principal.subject, fresh=fresh, at=at)
            principal = replace(principal, customer_id=known)
        stores.conversations.create(replace(conversation, principal=principal), token_hash=token_hash)
        return True

    return await app.database.write(enter)


async def _say(app: App, runner: TurnRunner, customer: SimulatedCustomer, line: Line, *, key: str) -> StoredEvent:
    """Send the line and wait until it is answered; the event that ended its turn."""
    inbound = InboundMessage(
        conversation_id=customer.conversation_id, text=line.text, idempotency_key=key, channel=customer.channel
    )
    accepted = await runner.accept(inbound)
    turn = accepted.turn
    ended = runner.ended(turn.turn_id)
    return await final_event(
        app.database, turn.conversation_id, turn.turn_id, after=accepted.after_seq, timeout_s=_ANSWER_S, ended=ended
    )


async def _rate(app: App, answered: StoredEvent, line: Line, *, at: datetime) -> None:
    if line.feedback is None or answered.turn_id is None:
        return
    given = Feedback(
        conversation_id=answered.conversation_id,
        turn_id=answered.turn_id,
        rating=line.feedback,
        reasons=line.reasons,
        comment=clean_comment(line.comment),
        at=at,
    )
    await app.database.write(lambda stores: give_feedback(stores, given))
