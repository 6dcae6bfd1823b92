"""A long conversation's summary in better words than a rule finds, once its customer has the answer."""

import structlog

from frontdesk.domain.turn import OpenTurn
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn.money.booking import Bill
from frontdesk.turn.money.till import Till
from frontdesk.turn.pipeline import TurnRun

log = structlog.get_logger()


async def improve_summary(
    database: Database, clock: Clock, run: TurnRun, turn: OpenTurn, *, till: Till | None = None
) -> None:
    """Let a model word what the turn added to the conversation's summary; the customer has the answer already.

    `till` books what was spent on it where that cannot be written with the summary.
    """
    attempts: list[VendorAttempt] = []
    try:
        await _word_summary(database, clock, run, turn, attempts)
    except BaseException as error:
        if till is not None and attempts:
            bill, at = _bill(run, turn, attempts), clock.now()
            till.later(lambda stores: bill.book_outrun(stores, at=at))
        if not isinstance(error, Exception):
            raise
        log.exception("summary_not_improved")


def _bill(run: TurnRun, turn: OpenTurn, attempts: list[VendorAttempt]) -> Bill:
    return Bill(turn=turn, customer_id=run.context.principal.customer_id, attempts=attempts, purse=run.purse)


async def _word_summary(
    database: Database, clock: Clock, run: TurnRun, turn: OpenTurn, attempts: list[VendorAttempt]
) -> None:
    jobs = run.release.jobs
    fresh = run.summarised_now
    if not fresh or not jobs.can_summarise:
        return
    written = await jobs.summarise(
        run.context.conversation.summary,
        fresh,
        language=turn.language,
        max_tokens=run.release.content.models.history_tokens // 3,
        purse=run.purse,
        numbers=run.notes.numbers,
        on_attempt=attempts.append,
    )
    until, at = run.history.summarised_until, clock.now()

    def commit(stores: Stores) -> None:
        stores.turns.add_attempts(turn.turn_id, attempts)
        _bill(run, turn, attempts).book(stores, at=at)
        conversation = stores.conversations.get(turn.conversation_id)
        if conversation is not None and conversation.summarised_until == until:
            stores.conversations.set_summary(turn.conversation_id, written, until=until)

    await database.write(commit)
