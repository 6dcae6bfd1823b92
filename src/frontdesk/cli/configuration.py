"""`config show`, `config schema` and `doctor`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import typer
from rich.table import Table

from frontdesk.cli.options import AssistantOption, DataOption, JsonOption, settings_for
from frontdesk.cli.output import harmless, out, print_json
from frontdesk.domain.errors import ConfigError, FrontdeskError
from frontdesk.releases import FILES, json_schema, read_assistant
from frontdesk.settings import Settings, describe_settings


def show(assistant: AssistantOption = None, data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """Every setting with its value, where it comes from, and what it does."""
    rows = describe_settings(settings_for(assistant, data_dir))
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("name", "value", "origin", "effect"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row["name"], harmless(row["value"]), row["origin"], row["effect"])
    out.print(table)


def schema(file: Annotated[str, typer.Argument(help=f"One of {', '.join(FILES)}.")]) -> None:
    """The JSON Schema of a file of the assistant folder, for editors."""
    if file not in FILES:
        raise typer.BadParameter(f"There is no schema for '{file}'. Known are {', '.join(FILES)}.")
    print_json(json_schema(file))


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    state: Literal["ok", "warning", "problem"]
    detail: str


def doctor(assistant: AssistantOption = None, data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """Check the settings, the assistant folder, the models and the knowledge. Exit code 1 when there is a problem."""
    checks = list(_examine(settings_for(assistant, data_dir)))
    if as_json:
        print_json([{"name": check.name, "state": check.state, "detail": check.detail} for check in checks])
    else:
        marks = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}
        for check in checks:
            mark, style = marks[check.state]
            out.print(f"{mark} {check.name}: {harmless(check.detail)}", style=style, markup=False)
    raise typer.Exit(1 if any(check.state == "problem" for check in checks) else 0)


def _examine(settings: Settings) -> Iterator[Check]:
    from frontdesk.bootstrap import open_embedder, open_identity, open_ladder_offline  # noqa: PLC0415  (half a second)

    yield Check(
        name="settings", state="ok", detail=f"data in {settings.data_dir}, assistant in {settings.assistant_dir}"
    )
    try:
        content = read_assistant(settings.assistant_dir)
    except ConfigError as error:
        for problem in error.problems:
            yield Check(name="assistant folder", state="problem", detail=str(problem))
        return
    yield Check(
        name="assistant folder", state="ok", detail=f"{content.profile.name} for {content.profile.organisation}"
    )
    yield from _examine_customers(settings, content.profile.languages)
    embedder = open_embedder(settings)
    if embedder is None:
        yield Check(
            name="embedder", state="warning", detail="not available, search is lexical only; `make setup` brings it"
        )
    else:
        yield Check(name="embedder", state="ok", detail=embedder.fingerprint)
    try:
        names = ", ".join(open_ladder_offline(settings, content))
        yield Check(name="models", state="ok", detail=names)
        verifier = open_identity(settings)
        detail = "customers are proved by signed tokens" if verifier else "no keys: everybody is anonymous"
        yield Check(name="identity", state="ok", detail=detail)
    except ConfigError as error:
        for problem in error.problems:
            yield Check(name="models", state="problem", detail=str(problem))
    yield _examine_snapshot(settings, embedder.fingerprint if embedder else "")


def _examine_customers(settings: Settings, languages: Sequence[str]) -> Iterator[Check]:
    from frontdesk.bootstrap import read_customers  # noqa: PLC0415

    try:
        customers = read_customers(settings.assistant_dir, languages)
    except ConfigError as error:
        for problem in error.problems:
            yield Check(name="simulated customers", state="problem", detail=str(problem))
        return
    if customers:
        messages = sum(len(customer.lines) for customer in customers)
        yield Check(
            name="simulated customers", state="ok", detail=f"{len(customers)} conversations, {messages} messages"
        )


def _examine_snapshot(settings: Settings, fingerprint: str) -> Check:
    from frontdesk.bootstrap import open_snapshot  # noqa: PLC0415

    try:
        manifest = open_snapshot(settings).manifest
    except FrontdeskError as error:
        return Check(name="knowledge", state="warning", detail=error.public_message)
    if manifest.embedder != fingerprint:
        return Check(
            name="knowledge",
            state="warning",
            detail="embedded by another embedder; `frontdesk knowledge sync` renews it",
        )
    return Check(
        name="knowledge", state="ok", detail=f"{manifest.document_count} documents, {manifest.chunk_count} chunks"
    )
