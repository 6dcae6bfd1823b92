"""What a customer's message means for workflows."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from frontdesk.domain.release import AssistantProfile
from frontdesk.domain.usage import VendorAttempt
from frontdesk.domain.workflow import Command, StartWorkflow, Understood, WhichWorkflow, Workflow, WorkflowRun
from frontdesk.ports.models import ChatTurn, Embedder
from frontdesk.turn.acting.answers import read_answer
from frontdesk.turn.acting.heard import Heard
from frontdesk.turn.acting.slots import volunteered
from frontdesk.turn.acting.triggers import Trigger, Triggers
from frontdesk.turn.generation import SideJobs
from frontdesk.turn.money.budget import Purse
from frontdesk.workflows.scope import is_switched_on

NOTHING = Understood(commands=(), why="The message does not concern any workflow.")


class Understanding:
    """The workflows of one release, and how customers begin and go on with them."""

    def __init__(
        self,
        workflows: Sequence[Workflow],
        profile: AssistantProfile,
        embedder: Embedder | None,
        *,
        dense_languages: frozenset[str] = frozenset(),
        jobs: SideJobs | None = None,
    ) -> None:
        """
        Args:
            dense_languages: ISO 639-1 of the languages that the embedder was measured to understand.
            jobs: asked where the rules are not certain; None, or without a ladder for it, leaves it to the rules.
        """
        self._workflows = {workflow.name: workflow for workflow in workflows}
        self._profile = profile
        self._dense_languages = dense_languages
        self._jobs = jobs
        self._triggers = Triggers(workflows, embedder)

    async def read(
        self,
        text: str,
        *,
        language: str,
        run: WorkflowRun | None,
        suspended: Sequence[WorkflowRun] = (),
        history: Sequence[ChatTurn] = (),
        channel: str,
        conversation: str,
        now: datetime,
        purse: Purse | None = None,
        numbers: Iterator[int] | None = None,
        on_attempt: Callable[[VendorAttempt], None] = lambda _: None,
    ) -> Understood:
        """What the message means; without commands it does not concern any workflow.

        Args:
            text: as the guard let it in.
            run: the active one, which may be waiting for this message.
            suspended: those that wait for their return, newest first.
            history: what was said before, oldest first.
            channel, conversation: decide which workflows are switched on.
            now: aware; "tomorrow" is seen from it.
        """
        heard = Heard(text, language)
        among = [
            name
            for name, workflow in self._workflows.items()
            if is_switched_on(workflow, channel=channel, conversation_id=conversation)
        ]
        trigger = await self._triggers.find(heard, by_meaning=language in self._dense_languages, among=among)
        if run is not None and run.workflow in self._workflows:
            return read_answer(heard, self._workflows[run.workflow], run, trigger=trigger, now=now)
        return self._begin(heard, trigger, now)

    def _begin(self, heard: Heard, trigger: Trigger, now: datetime) -> Understood:
        if len(trigger.workflows) > 1:
            why = f"Close to examples of several workflows ({trigger.score:.2f})."
            return Understood(commands=(WhichWorkflow(workflows=trigger.workflows),), why=why)
        if not trigger.workflows:
            return NOTHING
        name = trigger.workflows[0]
        commands: list[Command] = [StartWorkflow(workflow=name)]
        commands += volunteered(heard, self._workflows[name], None, now=now)
        return Understood(commands=tuple(commands), why=f"Close to an example of '{name}' ({trigger.score:.2f}).")
