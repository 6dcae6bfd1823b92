"""`workflow list|show|test`."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from frontdesk.cli.options import AssistantOption, DataOption, JsonOption, settings_for
from frontdesk.cli.output import complain, harmless, harmless_line, out, print_json
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.localised import localised
from frontdesk.domain.release import AssistantContent
from frontdesk.domain.workflow import Workflow
from frontdesk.releases import read_assistant
from frontdesk.workflows.described import describe
from frontdesk.workflows.drawing import draw_svg, draw_text
from frontdesk.workflows.testing import Played

NameArgument = Annotated[str, typer.Argument(help="The workflow's name.")]
NamesArgument = Annotated[list[str] | None, typer.Argument(help="Workflows to test; all where none is named.")]
LanguageOption = Annotated[str, typer.Option("--language", help="ISO 639-1; the assistant's own where it is not set.")]


def list_workflows(assistant: AssistantOption = None, as_json: JsonOption = False) -> None:
    """The assistant's workflows: who answers for each, and where it is switched on."""
    content = read_assistant(settings_for(assistant).assistant_dir)
    rows = [_facts(workflow, content) for workflow in content.workflows]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("name", "version", "title", "owner", "needs", "switched on"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(harmless_line(str(row[key])) for key in ("name", "version", "title", "owner", "needs", "on")))
    out.print(table)


def show(
    name: NameArgument,
    assistant: AssistantOption = None,
    language: LanguageOption = "",
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the diagram to this file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """A workflow as a diagram: its steps, and the roads between them."""
    content = read_assistant(settings_for(assistant).assistant_dir)
    workflow = _found(content, name)
    spoken = language or content.profile.default_language
    if svg is not None:
        svg.write_text(draw_svg(workflow, spoken) + "\n", encoding="utf-8")
        out.print(f"wrote {svg}", markup=False)
    elif as_json:
        print_json({**_facts(workflow, content), "steps": _steps(workflow, spoken)})
    else:
        out.print(harmless(draw_text(workflow, spoken)), markup=False)


def play(
    names: NamesArgument = None,
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play the tests beside the workflows (workflows/tests). Nothing is called; exit code 1 when one fails.

    Customers' words are understood as the live assistant does without a model.
    """
    from frontdesk.bootstrap.procedures import play_scenarios  # noqa: PLC0415  (half a second)

    settings = settings_for(assistant, data_dir)
    content = read_assistant(settings.assistant_dir)
    for name in names or ():
        _found(content, name)
    played = asyncio.run(play_scenarios(settings, content, names or ()))
    if as_json:
        print_json([_as_json(one) for one in played])
    else:
        _print(played)
    if not played:
        complain("there is no test in workflows/tests.")
    raise typer.Exit(0 if played and all(one.has_passed for one in played) else 1)


def _found(content: AssistantContent, name: str) -> Workflow:
    known = {workflow.name: workflow for workflow in content.workflows}
    if name not in known:
        there = f"There are {', '.join(known)}." if known else "The folder workflows has none."
        raise NotFoundError(f"There is no workflow '{name}'. {there}")
    return known[name]


def _facts(workflow: Workflow, content: AssistantContent) -> dict[str, Any]:
    default = content.profile.default_language
    channels = [f"{channel} {share:.0%}" for channel, share in workflow.channels.items()]
    return {
        "name": workflow.name,
        "version": workflow.version,
        "title": localised(workflow.title, default, default),
        "owner": workflow.owner,
        "needs": workflow.needs,
        "on": ", ".join([f"{workflow.share:.0%}", *channels]),
        "share": workflow.share,
        "channels": dict(workflow.channels),
        "examples": list(workflow.examples),
    }


def _steps(workflow: Workflow, language: str) -> list[dict[str, Any]]:
    return [
        {
            "step": step.step,
            "kind": step.kind,
            "text": step.text,
            "roads": [{"to": road.to, "why": road.why, "label": road.label} for road in step.roads],
        }
        for step in describe(workflow, language)
    ]


def _print(played: tuple[Played, ...]) -> None:
    for one in played:
        mark, style = ("✓", "green") if one.has_passed else ("✗", "red")
        out.print(f"{mark} {one.scenario.workflow}: {harmless_line(one.scenario.name)}", style=style, markup=False)
        for difference in one.differences:
            place = f"workflows/tests/{one.scenario.workflow}.yaml:{difference.line}"
            out.print(f"  {place}", markup=False)
            out.print(f"    expected  {harmless(difference.expected)}", markup=False)
            out.print(f"    got       {harmless(difference.got)}", markup=False)
            for line in one.transcript:
                out.print(f"    | {harmless(line)}", style="dim", markup=False)
    failed = sum(not one.has_passed for one in played)
    out.print(f"{len(played) - failed} passed, {failed} failed", style="bold")


def _as_json(one: Played) -> dict[str, Any]:
    return {
        "workflow": one.scenario.workflow,
        "test": one.scenario.name,
        "line": one.scenario.line,
        "passed": one.has_passed,
        "differences": [{"line": each.line, "expected": each.expected, "got": each.got} for each in one.differences],
        "transcript": list(one.transcript),
    }
