"""One turn under its lease: from what is stored of it to its last commit."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import replace

import structlog

from frontdesk.domain.errors import (
    DeadlineError,
    FrontdeskError,
    HandedOverError,
    LeaseLostError,
    StoreUnavailableError,
    SupersededError,
)
from frontdesk.domain.events import AnswerSentence, TurnReset, TurnStage
from frontdesk.domain.ids import ReleaseId, TurnId
from frontdesk.domain.money import Payer
from frontdesk.domain.turn import OpenTurn, TurnContext
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.stores import Database, Stores
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.acting.act import Acting
from frontdesk.turn.acting.doing import Means
from frontdesk.turn.acting.standing import Standing, read_standing
from frontdesk.turn.context import as_let_in, load_context, merge_words, unread_context
from frontdesk.turn.delivery import StageNotices, TurnVoice, deliver_events
from frontdesk.turn.generation import History, fit_history
from frontdesk.turn.metering import OnBehalf, on_behalf_of
from frontdesk.turn.money.booking import Bill
from frontdesk.turn.money.budget import OpenPurse, Purse, without_limits
from frontdesk.turn.money.till import Till
from frontdesk.turn.notes import TurnNotes
from frontdesk.turn.pipeline import TurnRun
from frontdesk.turn.record import Ending, has_open_sentences, record_turn
from frontdesk.turn.serving import ServedRelease

log = structlog.get_logger()


class TurnWorker:
    """Works turns to their end; whose turns they are is for the runner to say."""

    def __init__(
        self,
        database: Database,
        releases: Callable[[ReleaseId | None], ServedRelease],
        *,
        clock: Clock,
        tokens: TokenSource,
        telemetry: Telemetry,
        notices: StageNotices,
        max_attempts: int,
        purses: OpenPurse = without_limits,
        till: Till | None = None,
        means: Means | None = None,
    ) -> None:
        """`releases` gives the release with that id, or the live one where there is none (any more).

        Without `means` no workflow is acted on.
        """
        self._database = database
        self._releases = releases
        self._clock = clock
        self._tokens = tokens
        self._telemetry = telemetry
        self._notices = notices
        self._max_attempts = max_attempts
        self._under_way: dict[TurnId, asyncio.Timeout] = {}
        self._superseded: set[TurnId] = set()
        self._purses = purses
        self._till = till
        self._means = means
        self._runs: dict[TurnId, TurnRun] = {}

    async def work(self, turn: OpenTurn) -> TurnRun:
        """End the turn, whatever happens on the way.

        Raises:
            LeaseLostError: another worker has it.
            StoreUnavailableError: it cannot be ended now, and is left to whoever takes it next.
        """
        try:
            run, ending = await self._attempt(turn)
            await self._record(run, turn, ending)
        except BaseException:
            self._book_outrun(turn)
            raise
        finally:
            self._runs.pop(turn.turn_id, None)
        return run

    def _book_outrun(self, turn: OpenTurn) -> None:
        """What was asked of vendors is paid for, also where somebody else ends the turn."""
        run = self._runs.get(turn.turn_id)
        if run is None or self._till is None or not run.notes.attempts:
            return
        bill = Bill(
            turn=turn,
            customer_id=run.context.principal.customer_id,
            attempts=run.notes.attempts,
            purse=run.purse,
        )
        at = self._clock.now()
        self._till.later(lambda stores: bill.book_outrun(stores, at=at))

    def supersede(self, turn_id: TurnId) -> None:
        """A later message took this turn's place: stop working on it, and end it without a word."""
        limit = self._under_way.get(turn_id)
        if limit is not None and not limit.expired():
            self._superseded.add(turn_id)
            with suppress(RuntimeError):  # it is over already
                limit.reschedule(asyncio.get_running_loop().time())

    async def _attempt(self, turn: OpenTurn) -> tuple[TurnRun, Ending]:
        """Work through the turn until its ending; every way out but a lost lease and a lost database gives one."""
        if turn.superseded_by is not None:
            return await self._step_aside(turn, None)
        remaining_s = turn.due_s - self._clock.monotonic()
        has_killed = turn.lease.fence - turn.passed_on > self._max_attempts
        if has_killed or remaining_s <= 0:
            return await self._give_up(turn, "gave_up" if remaining_s > 0 else DeadlineError.code)
        run = None
        try:
            async with asyncio.timeout(remaining_s) as limit:
                self._under_way[turn.turn_id] = limit
                run = await self._open_run(turn)
                return run, await self._run(run, turn)
        except HandedOverError:
            return (run, run.silent()) if run else self._end_unread(turn, HandedOverError.code)
        except (LeaseLostError, StoreUnavailableError):
            raise
        except (SupersededError, TimeoutError) as error:
            if isinstance(error, SupersededError) or turn.turn_id in self._superseded:
                return await self._step_aside(turn, run)
            code = DeadlineError.code
        except Exception as error:
            log.exception("turn_failed")
            code = error.code if isinstance(error, FrontdeskError) else "unexpected"
        finally:
            self._under_way.pop(turn.turn_id, None)
            self._superseded.discard(turn.turn_id)
        return (run, run.failed(code)) if run else self._end_unread(turn, code)

    async def _step_aside(self, turn: OpenTurn, run: TurnRun | None) -> tuple[TurnRun, Ending]:
        """The end of a turn whose place a later message took; sentences that stand in the log are void."""
        run = run or self._unread_run(turn)
        has_spoken = await self._database.read(lambda stores: has_open_sentences(stores, turn))
        return run, replace(run.superseded(), withdraws=has_spoken)

    async def _give_up(self, turn: OpenTurn, code: str) -> tuple[TurnRun, Ending]:
        """End a turn without another attempt; what an earlier one told is voided where the log can be read."""
        if turn.lease.fence > 1:
            with suppress(HandedOverError, SupersededError, StoreUnavailableError):
                await self._void_earlier_attempt(turn)
        return self._end_unread(turn, code)

    def _end_unread(self, turn: OpenTurn, code: str) -> tuple[TurnRun, Ending]:
        """The honest end of a turn whose conversation was not read; it asks for nothing but the live release's texts."""
        run = self._unread_run(turn)
        return run, run.failed(code)

    def _unread_run(self, turn: OpenTurn) -> TurnRun:
        return self._new_run(turn, self._releases(None), unread_context(turn), History(), unanswered=0)

    async def _open_run(self, turn: OpenTurn) -> TurnRun:
        release = self._releases(turn.release_id)
        merges = release.content.profile.settings_of(turn.channel).new_message == "merge"
        turn, (context, unanswered), standing = await self._database.read(
            lambda stores: (*_read(stores, turn, merges=merges), self._read_standing(stores, turn))
        )
        context = replace(context, history=tuple(as_let_in(release, message) for message in context.history))
        history = fit_history(
            context.history,
            budget_tokens=release.content.models.history_tokens,
            summary=context.conversation.summary,
            summarised_until=context.conversation.summarised_until,
        )
        return self._new_run(turn, release, context, history, unanswered=unanswered, standing=standing)

    def _read_standing(self, stores: Stores, turn: OpenTurn) -> Standing:
        return read_standing(stores, turn.conversation_id, turn.turn_id) if self._means else Standing()

    def _new_run(
        self,
        turn: OpenTurn,
        release: ServedRelease,
        context: TurnContext,
        history: History,
        *,
        unanswered: int,
        standing: Standing | None = None,
    ) -> TurnRun:
        """Without `standing`, no workflow is acted on."""
        customer_id = context.principal.customer_id
        payer = Payer(turn_id=turn.turn_id, conversation_id=turn.conversation_id, customer_id=customer_id)
        turn = replace(turn, release_id=release.manifest.release_id)
        purse = self._purses(release.content.models.budget, payer, turn.lease.fence)
        run = self._runs[turn.turn_id] = TurnRun(
            turn,
            context,
            release,
            history=history,
            unanswered_before=unanswered,
            clock=self._clock,
            tokens=self._tokens,
            telemetry=self._telemetry,
            voice=TurnVoice(self._notices, turn.conversation_id, after=context.conversation.last_seq),
            purse=purse,
            acting=self._acting_on(turn, context, release, standing, purse),
        )
        return run

    def _acting_on(
        self, turn: OpenTurn, context: TurnContext, release: ServedRelease, standing: Standing | None, purse: Purse
    ) -> Callable[[TurnNotes], Acting] | None:
        """How the stage `act` is opened; None where there is no workflow, begun or to begin."""
        means = self._means
        if means is None or standing is None or not (standing.runs or release.workflows):
            return None
        return lambda notes: Acting(
            turn,
            context,
            release,
            standing=standing,
            releases=self._releases,
            means=means,
            notes=notes,
            purse=purse,
            remaining_s=lambda: max(0.0, turn.due_s - self._clock.monotonic()),
        )

    async def _run(self, run: TurnRun, turn: OpenTurn) -> Ending:
        if run.is_handed_over:
            return run.silent()
        if turn.lease.fence > 1:
            run.voice.after = max(run.voice.after, await self._void_earlier_attempt(turn))
        with on_behalf_of(_whose(run, turn)):
            return await self._tell_steps(run, turn)

    async def _tell_steps(self, run: TurnRun, turn: OpenTurn) -> Ending:
        """Commit what the pipeline yields, one by one; its last step is returned."""
        async with aclosing(run.steps()) as steps:
            async for step in steps:
                if isinstance(step, Ending):
                    return step
                if isinstance(step, TurnStage):
                    run.voice.tell(step)
                else:
                    run.voice.after = await self._commit(turn, step)
        raise AssertionError("a pipeline ends with an ending")

    async def _commit(self, turn: OpenTurn, event: AnswerSentence | TurnReset) -> int:
        """The event's sequence number, once it is in the log."""
        (stored,) = await deliver_events(
            self._database, self._clock, conversation_id=turn.conversation_id, lease=turn.lease, events=[event]
        )
        return stored.seq

    async def _void_earlier_attempt(self, turn: OpenTurn) -> int:
        """Tell readers that the sentences of a dead worker's attempt do not count; the sequence number of that, or 0."""
        if not await self._database.read(lambda stores: has_open_sentences(stores, turn)):
            return 0
        return await self._commit(turn, TurnReset(turn_id=turn.turn_id, reason="taken_over"))

    async def _record(self, run: TurnRun, turn: OpenTurn, ending: Ending) -> None:
        try:
            await record_turn(self._database, self._clock, turn, ending)
        except HandedOverError:
            ending = run.silent()
            await record_turn(self._database, self._clock, turn, ending)
        except SupersededError:
            _, ending = await self._step_aside(turn, run)
            await record_turn(self._database, self._clock, turn, ending)
        run.remember(ending.record)
        answer = ending.record.answer
        total_ms = answer.timings_ms["total"]
        self._telemetry.turn_ended(
            channel=turn.channel,
            release=answer.release_id,
            outcome=answer.outcome,
            seconds=total_ms / 1000,
            first_confirmed_s=run.notes.first_confirmed_s,
            first_provisional_s=run.notes.first_provisional_s,
        )
        log.info(
            "turn_ended",
            outcome=answer.outcome,
            code=ending.error_code,
            confidence=answer.confidence,
            degraded=list(answer.degraded),
            release_id=answer.release_id,
            fence=turn.lease.fence,
            citations=len(answer.citations),
            withheld=len(ending.record.withheld),
            ms=round(total_ms, 1),
        )


def _whose(run: TurnRun, turn: OpenTurn) -> OnBehalf:
    customer_id = run.context.principal.customer_id
    payer = Payer(turn_id=turn.turn_id, conversation_id=turn.conversation_id, customer_id=customer_id)
    return OnBehalf(payer=payer, channel=turn.channel, release_id=turn.release_id)


def _read(stores: Stores, turn: OpenTurn, *, merges: bool) -> tuple[OpenTurn, tuple[TurnContext, int]]:
    """The turn with all that it answers, and what came before that."""
    replaced = stores.turns.replaced(turn.conversation_id, by=turn.turn_id) if merges else ()
    if not replaced:
        return turn, load_context(stores, turn)
    merged = merge_words(stores, turn, replaced)
    return merged.turn, load_context(stores, turn, without=merged.message_ids)
