"""The workflows: who has none of the assistant's languages, which are switched off, and whether their tests can be read."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from frontdesk.bootstrap.doctor.check import Check, to_check
from frontdesk.domain.connector_source import operations_of
from frontdesk.domain.errors import ConfigError
from frontdesk.domain.release import AssistantContent
from frontdesk.domain.workflow import Workflow
from frontdesk.releases.workflow_tests_file import read_scenarios


def check_workflows(folder: Path, content: AssistantContent) -> Iterator[Check]:
    """What can be said of them without a customer; mistakes in their files were told before."""
    if not content.workflows:
        return
    known = {workflow.name: workflow for workflow in content.workflows}
    default = content.profile.default_language
    try:
        scenarios = read_scenarios(folder, known, operations_of(content.connectors), default_language=default)
    except ConfigError as error:
        yield from (to_check("workflows", problem) for problem in error.problems)
        return
    tests = Counter(scenario.workflow for scenario in scenarios)
    detail = f"{_counted(len(known), 'workflow')}, {_counted(len(scenarios), 'test')}"
    yield Check(name="workflows", state="ok", detail=detail)
    for workflow in content.workflows:
        yield from _about(workflow, folder, content, tests[workflow.name])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _about(workflow: Workflow, folder: Path, content: AssistantContent, tests: int) -> Iterator[Check]:
    where = str(folder / "workflows" / f"{workflow.name}.yaml")

    def warning(detail: str, remedy: str) -> Check:
        return Check(name="workflows", state="warning", detail=detail, where=where, remedy=remedy)

    missing = [language for language in content.profile.languages if language not in workflow.title]
    if missing:
        spoken = content.profile.default_language
        yield warning(
            f"`{workflow.name}` says nothing in {', '.join(missing)}; such customers read '{spoken}'.",
            "Write its title and every text in it too.",
        )
    if not tests:
        yield warning(f"`{workflow.name}` has no tests.", f"Write workflows/tests/{workflow.name}.yaml.")
    if workflow.share == 0 and not any(workflow.channels.values()):
        yield warning(f"`{workflow.name}` is switched off everywhere.", "`share` says for how many it is on.")
