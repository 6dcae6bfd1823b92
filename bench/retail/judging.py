"""Whether a conversation reached what its task expects."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.retail.data import Task, apply_one
from bench.retail.records import Records, RefusedError
from bench.retail.talk import Talk

KINDS = {
    "cancel_pending_order": "cancel",
    "return_delivered_order_items": "return",
    "exchange_delivered_order_items": "exchange",
    "modify_pending_order_items": "modify items",
    "modify_pending_order_payment": "modify payment",
    "modify_pending_order_address": "order address",
    "modify_user_address": "default address",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One task's result."""

    task_id: str
    kind: str
    """What it is made of, as in `cancel + return + information`."""
    missing: tuple[str, ...] = ()
    """What was not reached, one sentence each."""
    messages: int = 0

    @property
    def is_reached(self) -> bool:
        return not self.missing


def kind_of(task: Task) -> str:
    kinds = sorted({KINDS[action.name] for action in task.changes})
    kinds += ["information"] if task.information else []
    kinds += ["hand over"] if task.hands_over else []
    return " + ".join(kinds) or "nothing to do"


def judge(task: Task, user_id: str, before: Records, after: Records, talk: Talk) -> Judgement:
    """Compare the records as they are with what they would be after the expected actions, and what was said with what
    had to be.

    Whoever reads more or less on the way is not judged by it: what counts are the records, the information, and whether
    a person takes over where one has to.
    """
    missing = [*_of_records(task, user_id, before, after), *_of_information(task, talk)]
    if task.hands_over and not talk.is_with_a_person:
        missing.append("no person took over")
    return Judgement(task_id=task.task_id, kind=kind_of(task), missing=tuple(missing), messages=len(talk.exchanges))


def _of_records(task: Task, user_id: str, before: Records, after: Records) -> list[str]:
    expected = before.copy()
    try:
        for action in task.changes:
            apply_one(expected, user_id, action)
    except RefusedError as error:
        return [f"the policy forbids an expected action: {error}"]
    if expected.orders == after.orders and expected.customers == after.customers:
        return []
    wanted, done = Counter(_named(expected)), Counter(_named(after))
    return [
        *(f"not done: {name}" for name in (wanted - done).elements()),
        *(f"done instead: {name}" for name in (done - wanted).elements()),
    ] or ["the same actions left other records"]


def _named(records: Records) -> Sequence[str]:
    return [f"{action.name} ({', '.join(action.arguments.values())})" for action in records.actions]


def _of_information(task: Task, talk: Talk) -> list[str]:
    """Expected words that no answer had; thousands are written with or without a comma."""
    said = talk.answers.replace(",", "").lower()
    return [f"not told: {words}" for words in task.information if words.replace(",", "").lower() not in said]
