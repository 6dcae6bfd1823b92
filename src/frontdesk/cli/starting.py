"""`init`: a new assistant folder, commented, that runs as it is."""

import asyncio
import re
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from frontdesk.cli.options import DataOption, JsonOption, settings_for
from frontdesk.cli.output import err, out, print_json
from frontdesk.cli.prototype import fill, take_over
from frontdesk.domain.errors import ConflictError, MalformedError

_NAME, _ORGANISATION = "Robin", "Your Company"
_NOT_PLAIN = re.compile(r"[\x00-\x1f\x7f{}\[\]\"\\]|:(?:\s|$)|\s#|^[-?:,&*!|>%@`'#]|^\s*$")
"""What a name in YAML would need quotes for."""


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("assistant"),
    data_dir: DataOption = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="A chatbot prototype: its prompt, documents, past questions and function are taken over."
        ),
    ] = None,
    function: Annotated[
        str,
        typer.Option("--function", help="With --from: the function to ask, as bot:answer; otherwise it is looked for."),
    ] = "",
    name: Annotated[
        str | None, typer.Option("--name", help="What the assistant is called; else as the prototype says, else Robin.")
    ] = None,
    organisation: Annotated[
        str | None,
        typer.Option("--organisation", help="Whom it speaks for; else as the prototype says, else Your Company."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write an assistant folder and print a staff key, once.

    An existing folder is never changed. The key opens everything that is not meant for customers. With --from nothing
    in the prototype is changed, its logged questions are searched for in its documents, and a report says what was taken
    over, what was not, and which questions nothing answers.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError(f"{folder} already exists and is not empty. Name another folder, or remove it first.")
    if function and source is None:
        raise MalformedError("--function needs --from, the folder of the prototype.", field="function")
    _check_name(name, "--name")
    _check_name(organisation, "--organisation")
    settings = settings_for(folder, data_dir)
    if source is not None:
        take_over(
            settings,
            source,
            function=function,
            name=name,
            organisation=organisation,
            starter=_starter(),
            as_json=as_json,
        )
        return
    from frontdesk.bootstrap import create_staff_key  # noqa: PLC0415  (half a second)

    written = _write_starter(folder, name or _NAME, organisation or _ORGANISATION)
    key = asyncio.run(create_staff_key(settings))
    if as_json:
        print_json({"folder": str(folder), "files": [str(path) for path in written], "staff_key": key})
        return
    for path in written:
        out.print(f"wrote {path}", markup=False)
    err.print(
        f"Staff key, shown this once: {key}" if key else "A staff key was made here before; it stays valid.",
        markup=False,
    )
    err.print(
        f"Next: put your documents into {folder / 'knowledge'}, then `frontdesk up --assistant {folder}`.", markup=False
    )


def _check_name(value: str | None, option: str) -> None:
    if value is not None and _NOT_PLAIN.search(value):
        raise MalformedError(
            f"{option} must be a plain name, without quotation marks, brackets, ': ' or ' #'. Edit assistant.yaml for others.",
            field=option.lstrip("-"),
        )


def _starter() -> Mapping[str, str]:
    """The starter's files by path, sorted, with the names open."""
    with as_file(files("frontdesk.cli") / "starter") as starter:
        return {
            path.relative_to(starter).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(starter.rglob("*"))
            if path.is_file()
        }


def _write_starter(folder: Path, name: str, organisation: str) -> list[Path]:
    """Copy the starter, with the names filled in. Returns what was written, sorted."""
    written = []
    for path, text in _starter().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(fill(text, name, organisation), encoding="utf-8")
        written.append(target)
    return written
