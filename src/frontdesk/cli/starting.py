"""`init`: a new assistant folder, commented, that runs as it is."""

import asyncio
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from frontdesk.cli.options import DataOption, JsonOption, settings_for
from frontdesk.cli.output import err, out, print_json
from frontdesk.domain.errors import ConflictError


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("assistant"),
    data_dir: DataOption = None,
    name: Annotated[str, typer.Option("--name", help="What the assistant is called.")] = "Robin",
    organisation: Annotated[str, typer.Option("--organisation", help="Whom it speaks for.")] = "Your Company",
    as_json: JsonOption = False,
) -> None:
    """Write an assistant folder and print a staff key, once.

    An existing folder is never changed. The key opens everything that is not meant for customers.
    """
    from frontdesk.bootstrap import create_staff_key  # noqa: PLC0415  (half a second)

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError(f"{folder} already exists and is not empty. Name another folder, or remove it first.")
    written = _write_starter(folder, {"{{name}}": name, "{{organisation}}": organisation})
    key = asyncio.run(create_staff_key(settings_for(folder, data_dir)))
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


def _write_starter(folder: Path, values: dict[str, str]) -> list[Path]:
    """Copy the starter, with the names filled in. Returns what was written, sorted."""
    written = []
    with as_file(files("frontdesk.cli") / "starter") as starter:
        for source in sorted(path for path in starter.rglob("*") if path.is_file()):
            text = source.read_text(encoding="utf-8")
            for placeholder, value in values.items():
                text = text.replace(placeholder, value)
            target = folder / source.relative_to(starter)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            written.append(target)
    return written
