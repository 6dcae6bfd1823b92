"""What it costs to tell what a message means for workflows, and how often it is told right.

    python -m bench.understanding

Reads the sentences of tests/unit/turn/acting/sentences.yaml with the demo's workflows, by rules alone: as a first
message, and as an answer while a run waits for a choice and for a confirmation. Then texts as long as a message may
be, made to take long. Times are of the processor, in milliseconds.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml

from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.release import AssistantContent
from frontdesk.domain.workflow import StartWorkflow, Understood, WorkflowRun
from frontdesk.releases import read_assistant
from frontdesk.turn.acting.understanding import Understanding

ROOT = Path(__file__).parents[1]
SENTENCES = ROOT / "tests" / "unit" / "turn" / "acting" / "sentences.yaml"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MOST_CHARS = 8_000
LONG = {
    "one letter": "a",
    "one word": "no ",
    "order numbers": "HP448120 ",
    "dates": "am 3. oder 4. ",
    "half a phrase": "i don't have the order the order ",
    "openings": "ok so now and then please ",
    "amounts": "1.299,00 EUR ",
    "marks": "?!., ",
    "letters and digits": "a1b2c3d4-e5f6/",
    "slips": "retrunn refunnd adress ",
}


def a_run(step: str) -> WorkflowRun:
    return WorkflowRun(
        run_id=RunId("run_1"),
        conversation_id=ConversationId("conv_1"),
        workflow="start_return",
        version=1,
        release_id=ReleaseId("rel_1"),
        step=step,
        status="active",
        started_at=NOW,
        updated_at=NOW,
        slots={"order": "HP20100001", "reason": "faulty"},
        is_waiting=True,
    )


class Bench:
    def __init__(self) -> None:
        content = read_assistant(ROOT / "examples" / "harbor-and-pine")
        self._reader = Understanding(content.workflows, content.profile, None, synonyms=content.retrieval.synonyms)
        self.asking, self.confirming = _step(content, "ask_reason"), _step(content, "confirm_started")

    def read(self, text: str, language: str, run: WorkflowRun | None) -> tuple[Understood, float]:
        """What it is taken for, and the milliseconds."""
        started = time.process_time()
        found = asyncio.run(
            self._reader.read(text, language=language, run=run, channel="web_chat", conversation="conv_1", now=NOW)
        )
        return found, (time.process_time() - started) * 1000


def _step(content: AssistantContent, name: str) -> str:
    workflow = next(workflow for workflow in content.workflows if workflow.name == "start_return")
    if name not in workflow.steps:
        raise SystemExit(f"start_return has no step {name}, only {', '.join(workflow.steps)}.")
    return name


def quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def show(name: str, values: Sequence[float]) -> None:
    spread = "  ".join(f"{quantile(values, share):7.2f}" for share in (0.5, 0.95, 1.0))
    print(f"{name:32} {len(values):5}  {spread}")


def main() -> None:
    bench = Bench()
    sentences = yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))
    said = [
        (language, truth, text) for language, groups in sentences.items() for truth in groups for text in groups[truth]
    ]
    print(f"{'':32} {'n':>5}  {'median':>7}  {'p95':>7}  {'most':>7}")
    empty = [bench.read("", "en", None)[1] for _ in range(50)]
    for name, run in (
        ("first message", None),
        ("answer to a question", a_run(bench.asking)),
        ("answer to a confirmation", a_run(bench.confirming)),
    ):
        show(name, [bench.read(text, language, run)[1] for language, _, text in said])
    show("(an event loop for nothing)", empty)
    for name, piece in LONG.items():
        text = (piece * MOST_CHARS)[:MOST_CHARS]
        show(f"8,000 characters: {name}", [bench.read(text, "en", a_run(bench.confirming))[1] for _ in range(3)])
    print(told_right(bench, said))


def told_right(bench: Bench, said: Sequence[tuple[str, str, str]]) -> str:
    counts: Counter[str] = Counter()
    for language, truth, text in said:
        found, _ = bench.read(text, language, None)
        begun = [command.workflow for command in found.commands if isinstance(command, StartWorkflow)]
        wanted = "book_repair" if truth == "repair_appointment" else truth
        if truth == "knowledge":
            counts["rules left to the knowledge" if not found.commands else "rules that began something"] += 1
        else:
            counts["begun rightly" if begun == [wanted] else "begun wrongly" if begun else "asked or not begun"] += 1
    return "\n".join(f"{name:32} {count:5}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    main()
