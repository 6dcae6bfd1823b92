"""Workflows of an assistant folder on the command line: tested with the understanding that serves customers."""

from collections.abc import Sequence
from dataclasses import replace

from frontdesk.bootstrap.knowledge import open_embedder
from frontdesk.bootstrap.release import open_understanding
from frontdesk.domain.connector_source import operations_of
from frontdesk.domain.release import AssistantContent
from frontdesk.domain.workflow import Command
from frontdesk.releases.workflow_tests_file import read_scenarios
from frontdesk.settings import Settings
from frontdesk.workflows.testing import Heard, Hears, Played, only, play
from frontdesk.workflows.wording import Wording


async def play_scenarios(
    settings: Settings, content: AssistantContent, names: Sequence[str] = ()
) -> tuple[Played, ...]:
    """Every test of some workflows, or of all, played without a model.

    Raises:
        ConfigError: every mistake in the tests.
    """
    workflows = {workflow.name: workflow for workflow in content.workflows}
    default = content.profile.default_language
    scenarios = read_scenarios(
        settings.assistant_dir, workflows, operations_of(content.connectors), default_language=default
    )
    hears = _hearing(settings, content)
    texts = content.profile.texts.workflow
    return tuple(
        [
            await play(
                workflows[one.workflow],
                one,
                Wording(language=one.language, default_language=default, texts=texts),
                hears,
            )
            for one in only(scenarios, names)
        ]
    )


def _hearing(settings: Settings, content: AssistantContent) -> Hears:
    """How the live assistant reads a message, with every workflow switched on."""
    switched_on = tuple(replace(workflow, share=1.0, channels={}) for workflow in content.workflows)
    understanding = open_understanding(replace(content, workflows=switched_on), open_embedder(settings), None)

    async def hear(heard: Heard) -> Sequence[Command]:
        understood = await understanding.read(
            heard.text,
            language=heard.language,
            run=heard.run,
            channel="web_chat",
            conversation="conv_test",
            now=heard.at,
        )
        return understood.commands

    return hear
