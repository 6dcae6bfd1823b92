"""Which of the published retail tasks the shop's assistant carries out.

    python -m bench.retail --data FOLDER [--embedder none] [--task 12 …] [--show] [--json] [--beginnings]

`--data` is the folder with `retail_db.json.gz` and `retail_tasks_train.jsonl.gz`. Each task is one conversation through
the whole pipeline, with quotations in place of a model. The customer is scripted: see `bench.retail.customer`.
"""

import argparse
import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from bench.retail import operations
from bench.retail.beginnings import ANSWERS, tell_all
from bench.retail.customer import introduction, messages
from bench.retail.data import DATABASE, TASKS, Task, read_records, read_tasks
from bench.retail.judging import Judgement, judge, kind_of
from bench.retail.records import Records
from bench.retail.sign_in import verified
from bench.retail.talk import begin, opened
from frontdesk.bootstrap import App

QUIET = structlog.make_filtering_bound_logger(logging.ERROR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared/data/tau2_service")
    parser.add_argument("--embedder", choices=["builtin", "none"], default="builtin")
    parser.add_argument("--task", nargs="*", default=[], help="only these")
    parser.add_argument("--show", action="store_true", help="print the conversations")
    parser.add_argument("--beginnings", action="store_true", help="tell each task at once, in its own words, instead")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=QUIET)
    if not (arguments.data / TASKS).is_file():
        print(f"There are no retail tasks in {arguments.data}: nothing was measured.")
        return
    tasks = [t for t in read_tasks(arguments.data / TASKS) if not arguments.task or t.task_id in arguments.task]
    records = read_records(arguments.data / DATABASE)
    if arguments.beginnings:
        asyncio.run(_report_beginnings(tasks, records, arguments.embedder))
        return
    results = asyncio.run(measure(tasks, records, embedder=arguments.embedder, show=arguments.show))
    if arguments.json:
        print(json.dumps([{**asdict(one), "is_reached": one.is_reached} for one in results], indent=1))
    else:
        report(results)


async def measure(
    tasks: Sequence[Task], records: Records, *, embedder: str = "none", show: bool = False
) -> list[Judgement]:
    with TemporaryDirectory() as folder:
        async with opened(Path(folder), embedder=embedder) as app:
            return [await _carry_out(app, task, records, show=show) for task in tasks]


async def _report_beginnings(tasks: Sequence[Task], records: Records, embedder: str) -> None:
    with TemporaryDirectory() as folder:
        async with opened(Path(folder), embedder=embedder) as app:
            found = await tell_all(app, tasks, records)
    for answer in ANSWERS:
        print(f"{found[answer]:>4}  {answer}")


async def _carry_out(app: App, task: Task, records: Records, *, show: bool) -> Judgement:
    customer = verified(records, introduction(task))
    if customer is None:
        return Judgement(task_id=task.task_id, kind=kind_of(task), missing=("nobody could be identified",))
    shop = records.copy()
    operations.use(shop)
    talk = await begin(app, customer)
    for message in messages(task, customer, records.copy()):
        exchange = await talk.say(message)
        if show:
            print(f"{task.task_id} > {message}\n  {exchange.outcome}: {exchange.answer}")
        if talk.is_with_a_person:
            break
    return judge(task, customer.user_id, records, shop, talk)


def report(results: Sequence[Judgement]) -> None:
    by_kind: dict[str, list[Judgement]] = defaultdict(list)
    for one in results:
        by_kind[one.kind].append(one)
    print(f"{'what a task is made of':<56} {'tasks':>5} {'reached':>7}")
    for kind, its in sorted(by_kind.items()):
        print(f"{kind:<56} {len(its):>5} {sum(one.is_reached for one in its):>7}")
    print(f"{'all':<56} {len(results):>5} {sum(one.is_reached for one in results):>7}")
    print("\nnot reached")
    for one in results:
        if not one.is_reached:
            print(f"  {one.task_id:>4}  {one.kind}: {'; '.join(one.missing)}")


if __name__ == "__main__":
    main()
