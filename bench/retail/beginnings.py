"""What the assistant makes of a whole task told at once, in the task's own words, before any fact is asked for.

Nobody wrote these texts for this assistant, and none of its examples was taken from them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from bench.retail import operations
from bench.retail.customer import in_first_person, introduction
from bench.retail.data import Task
from bench.retail.records import Records
from bench.retail.sign_in import verified
from bench.retail.talk import begin
from frontdesk.bootstrap import App

WORKFLOWS: Mapping[str, str] = {
    "cancel_pending_order": "cancel_order",
    "return_delivered_order_items": "return_items",
    "exchange_delivered_order_items": "change_items",
    "modify_pending_order_items": "change_items",
    "modify_pending_order_payment": "change_payment",
    "modify_pending_order_address": "change_order_address",
    "modify_user_address": "change_default_address",
}
ANSWERS = (
    "begins one of the workflows that the task needs",
    "asks which of several is meant",
    "begins another workflow",
    "begins none",
)


async def tell_all(app: App, tasks: Sequence[Task], records: Records) -> Counter[str]:
    """How often which of `ANSWERS` is given, over the tasks that change something."""
    found: Counter[str] = Counter()
    for task in tasks:
        customer = verified(records, introduction(task))
        if task.changes and customer is not None:
            operations.use(records.copy())
            talk = await begin(app, customer)
            exchange = await talk.say(in_first_person(task.reason))
            found[_answer(task, exchange.workflow, exchange.outcome)] += 1
    return found


def _answer(task: Task, workflow: str, outcome: str) -> str:
    if workflow:
        return ANSWERS[0 if workflow in {WORKFLOWS[action.name] for action in task.changes} else 2]
    return ANSWERS[1 if outcome == "clarified" else 3]
