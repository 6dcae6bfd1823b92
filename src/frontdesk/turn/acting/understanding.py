"""What a customer's message means for workflows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from frontdesk.domain.release import AssistantProfile
from frontdesk.domain.usage import VendorAttempt
from frontdesk.domain.workflow import (
    Command,
    SetSlot,
    Signal,
    StartWorkflow,
    Understood,
    WhichWorkflow,
    Workflow,
    WorkflowRun,
)
from frontdesk.ports.models import ChatRequest, ChatTurn, Embedder
from frontdesk.text.surface import matching_surface
from frontdesk.turn.acting import signals
from frontdesk.turn.acting.answers import Taken, Waiting
from frontdesk.turn.acting.choices import Option, chosen, folded
from frontdesk.turn.acting.heard import Heard
from frontdesk.turn.acting.proposals import Bounds, Proposal, read_proposals
from frontdesk.turn.acting.proposing import command_request
from frontdesk.turn.acting.slots import named_at_once, volunteered
from frontdesk.turn.acting.triggers import SURE, Trigger, Triggers
from frontdesk.turn.acting.weighing import Synonyms
from frontdesk.turn.generation import SideJobs
from frontdesk.turn.money.budget import Purse
from frontdesk.workflows.scope import is_switched_on

MOST_READ = 2_000
"""Characters of a message that the rules read, which bounds what it can cost; an answer is shorter. Measured in
bench/understanding.py: 2 ms at most for an ordinary message."""
MEANT = 0.9
"""Similarity from which whoever isn't signed in is asked to be; a guess on the careful side, as a sign-in is a poor answer
to a question that the pages answer."""
NOTHING = "The message does not concern any workflow."


class Understanding:
    """The workflows of one release, and how customers begin and go on with them."""

    def __init__(
        self,
        workflows: Sequence[Workflow],
        profile: AssistantProfile,
        embedder: Embedder | None,
        *,
        dense_languages: frozenset[str] = frozenset(),
        synonyms: Synonyms | None = None,
        jobs: SideJobs | None = None,
    ) -> None:
        """
        Args:
            dense_languages: ISO 639-1 of the languages that the embedder was measured to understand.
            synonyms: the company's own words for the same things, as in retrieval.yaml.
            jobs: asked where the rules are not certain; None, or without a ladder for it, leaves it to the rules.
        """
        self._workflows = {workflow.name: workflow for workflow in workflows}
        self._profile = profile
        self._dense_languages = dense_languages
        self._jobs = jobs
        self._titles = {workflow.name: folded(tuple(workflow.title.values())) for workflow in workflows}
        self._triggers = Triggers(workflows, embedder, synonyms=synonyms)

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
        spoken: str = "",
        is_proved: bool = True,
    ) -> Understood:
        """What the message means; without commands it does not concern any workflow.

        Args:
            text: as the guard let it in.
            run: the active one, which may be waiting for this message.
            suspended: those that wait for their return, newest first.
            history: what was said before, oldest first.
            channel, conversation: decide which workflows are switched on.
            now: aware; "tomorrow" is seen from it.
            spoken: the message before anything in it was masked; no model sees it.
            is_proved: whether the customer has proved who they are. Who has not is asked to sign in where a workflow is
                meant for certain; else the pages may know it for everybody.
        """
        heard = Heard(text[:MOST_READ], language, (spoken or text)[:MOST_READ])
        among = [
            name
            for name, workflow in self._workflows.items()
            if is_switched_on(workflow, channel=channel, conversation_id=conversation)
        ]
        trigger = await self._triggers.find(heard, by_meaning=language in self._dense_languages, among=among)
        if not is_proved and trigger.score < MEANT:
            open_to_all = tuple(name for name in trigger.workflows if self._workflows[name].needs == "anyone")
            trigger = replace(trigger, workflows=open_to_all)
        taken = self._by_rules(heard, trigger, run, suspended, history, now)
        if taken.is_certain or self._jobs is None or not self._jobs.can_command:
            return Understood(commands=taken.commands, why=taken.why)
        workflow = self._workflows.get(run.workflow) if run is not None else None
        bounds = Bounds(
            workflows=among,
            workflow=workflow,
            run=run if workflow is not None else None,
            now=now,
            language=language,
            spoken=(*(turn.text for turn in history if turn.role == "customer"), text),
        )
        request = self._request(text, bounds, history)
        proposals = await self._jobs.command(
            request, read=read_proposals, purse=purse, numbers=numbers, on_attempt=on_attempt
        )
        return self._decided(taken, bounds, proposals or ())

    def told_of(self, slot: str, text: str, *, language: str, run: WorkflowRun, now: datetime) -> SetSlot | None:
        """What the message that began a run says of a slot whose choices were read only after it."""
        workflow = self._workflows.get(run.workflow)
        if workflow is None:
            return None
        value = named_at_once(Heard(text, language), workflow.slots[slot], run, begun_by=workflow.examples, now=now)
        return None if value is None else SetSlot(slot=slot, value=value)

    def _by_rules(
        self,
        heard: Heard,
        trigger: Trigger,
        run: WorkflowRun | None,
        suspended: Sequence[WorkflowRun],
        history: Sequence[ChatTurn],
        now: datetime,
    ) -> Taken:
        if run is not None and (workflow := self._workflows.get(run.workflow)) is not None:
            return Waiting(
                heard=heard, workflows=self._workflows, workflow=workflow, run=run, trigger=trigger, now=now
            ).read()
        if suspended and (word := _word_for_suspended(heard)) is not None:
            return word
        return self._picked(heard, history, trigger, now) or self._begun(heard, trigger, now)

    def _picked(self, heard: Heard, history: Sequence[ChatTurn], trigger: Trigger, now: datetime) -> Taken | None:
        """The workflow that answers our question which of several is meant."""
        last = history[-1] if history else None
        if last is None or last.role != "assistant":
            return None
        asked = matching_surface(last.text).text
        named = {
            min(place for title in titles if (place := asked.find(title)) >= 0): name
            for name, titles in self._titles.items()
            if any(title in asked for title in titles)
        }
        options = [Option(value=name, names=self._titles[name]) for _, name in sorted(named.items())]
        if len(options) < 2:
            return None
        option = chosen(heard, options, is_asked=True)
        if option is None and len(both := [one for one in options if one.value in trigger.workflows]) == 1:
            option = both[0]
        if option is None:
            return None
        name = str(option.value)
        before = next((turn.text for turn in reversed(history) if turn.role == "customer"), "")
        told = volunteered(Heard(f"{before}\n{heard.text}", heard.language), self._workflows[name], None, now=now)
        return Taken(commands=(StartWorkflow(workflow=name), *told), why="It picks one of those that were offered.")

    def _begun(self, heard: Heard, trigger: Trigger, now: datetime) -> Taken:
        if signals.wants_person(heard):
            return Taken(commands=(), why="It asks for a person.")
        if len(trigger.workflows) > 1:
            why = f"Close to examples of several workflows ({trigger.score:.2f})."
            return Taken(commands=(WhichWorkflow(workflows=trigger.workflows),), why=why, is_certain=False)
        if not trigger.workflows:
            return Taken(commands=(), why=NOTHING, is_certain=not trigger.possible)
        name = trigger.workflows[0]
        commands: list[Command] = [StartWorkflow(workflow=name)]
        commands += volunteered(heard, self._workflows[name], None, now=now)
        why = f"Close to an example of '{name}' ({trigger.score:.2f})."
        return Taken(commands=tuple(commands), why=why, is_certain=trigger.score >= SURE)

    def _request(self, text: str, bounds: Bounds, history: Sequence[ChatTurn]) -> ChatRequest:
        return command_request(
            text,
            language=bounds.language,
            default_language=self._profile.default_language,
            workflows=[self._workflows[name] for name in bounds.workflows],
            workflow=bounds.workflow,
            run=bounds.run,
            history=history,
        )

    def _decided(self, taken: Taken, bounds: Bounds, proposals: Sequence[Proposal]) -> Understood:
        """What the model proposed and may be taken; what the rules made of the message where that is nothing."""
        commands, dropped = bounds.hold(proposals)
        if not commands:
            return Understood(commands=taken.commands, why=taken.why, dropped=dropped)
        begun = next((item.workflow for item in commands if isinstance(item, StartWorkflow)), "")
        if begun:
            heard = Heard(bounds.spoken[-1], bounds.language)
            told = volunteered(heard, self._workflows[begun], None, now=bounds.now)
            commands = (StartWorkflow(workflow=begun), *told)
        return Understood(commands=commands, by="model", why="A model's reading, held to the rules.", dropped=dropped)


def _word_for_suspended(heard: Heard) -> Taken | None:
    """A word for a run that waits for its return."""
    if signals.wants_resume(heard):
        return Taken(commands=(Signal(kind="resume"),), why="It goes back to what was going on.")
    if signals.wants_cancel(heard):
        return Taken(commands=(Signal(kind="cancel"),), why="It calls off what was going on.")
    if signals.is_plain_yes(heard):
        return Taken(commands=(Signal(kind="yes"),), why="A plain yes.")
    return Taken(commands=(Signal(kind="no"),), why="A plain no.") if signals.is_plain_no(heard) else None
