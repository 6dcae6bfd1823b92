"""`init --from`: a prototype becomes an assistant folder, all of it or nothing."""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from frontdesk.cli.output import err, harmless, print_json, progress_of, progress_of_ingest
from frontdesk.cli.prototype_report import print_report
from frontdesk.domain.errors import ConflictError
from frontdesk.releases import read_assistant
from frontdesk.settings import Settings

if TYPE_CHECKING:
    from frontdesk.releases.prototype import FunctionState, Prototype, TakeOver, Trial, WrittenFile


def take_over(
    settings: Settings,
    source: Path,
    *,
    function: str,
    name: str | None,
    organisation: str | None,
    starter: Mapping[str, str],
    as_json: bool,
) -> None:
    """Read the prototype, write the folder that the settings name, try it with the logged questions, tell.

    Args:
        starter: the starter's files by path, with `{{name}}` and `{{organisation}}` open.
    """
    report = _write(settings, source, function=function, name=name, organisation=organisation, starter=starter)
    key = _staff_key(settings)
    if as_json:
        from frontdesk.releases.prototype import to_json  # noqa: PLC0415

        print_json(to_json(report, staff_key=key))
        return
    print_report(report)
    err.print(
        f"Staff key, shown this once: {key}" if key else "A staff key was made here before; it stays valid.",
        markup=False,
    )


def _write(
    settings: Settings,
    source: Path,
    *,
    function: str,
    name: str | None,
    organisation: str | None,
    starter: Mapping[str, str],
) -> "TakeOver":
    from frontdesk.releases import prototype as reader  # noqa: PLC0415  (half a second)

    folder = settings.assistant_dir
    with err.status("Reading the prototype", spinner="dots") as status:
        found = reader.read_prototype(
            source, function=function, without=folder, tell=lambda path: status.update(f"Reading {harmless(path)}")
        )
    fallback = {"name": "Robin", "organisation": "Your Company"}
    names = reader.choose_names(found, name=name, organisation=organisation, fallback=fallback)
    filled = {path: fill(text, names.name, names.organisation) for path, text in starter.items()}
    with _written_whole(folder) as place:
        state = _try_function(found)
        files, changes = reader.compose_folder(found, filled, problem=state.problem)
        _write_files(place, files)
        trial = _try(settings, place, found)
        files = _without(files, {path for path, _ in trial.kept_out}, place)
        profile = next(file for file in files if file.target == "assistant.yaml")
        offered = reader.with_starters(profile.text, trial.starters, trial.language)
        (place / profile.target).write_text(offered, encoding="utf-8")
        report = reader.TakeOver(
            folder=str(folder),
            prototype=found,
            names=names,
            written=tuple(files),
            changes=(*found.changes, *changes),
            function=state,
            trial=trial,
        )
        (place / reader.NOTE).write_text(reader.to_markdown(report), encoding="utf-8")
        read_assistant(place)
    return report


def fill(text: str, name: str, organisation: str) -> str:
    """A file of the starter with the names put in."""
    return text.replace("{{name}}", name).replace("{{organisation}}", organisation)


@contextmanager
def _written_whole(folder: Path) -> Iterator[Path]:
    """A place to write to that becomes the folder at the end, or is gone."""
    above = next(parent for parent in folder.absolute().parents if parent.is_dir())
    try:
        with tempfile.TemporaryDirectory(prefix=".frontdesk-init-", dir=above) as place:
            target = Path(place) / "assistant"
            target.mkdir()
            yield target
            folder.parent.mkdir(parents=True, exist_ok=True)
            target.replace(folder)
    except OSError as error:
        raise ConflictError(
            f"{folder} cannot be written: {error.strerror or error}"
            + (f" ({Path(str(error.filename)).name})" if error.filename else "")
            + ". Nothing was left behind."
        ) from error


def _write_files(place: Path, files: "list[WrittenFile]") -> None:
    for file in files:
        path = place / file.target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8", newline="\n")


def _without(files: "list[WrittenFile]", kept_out: set[str], place: Path) -> "list[WrittenFile]":
    """What the reading-in refuses does not stay in the folder: a run that refuses many is itself refused."""
    refused = {f"knowledge/{path}" for path in kept_out}
    for target in refused:
        (place / target).unlink(missing_ok=True)
    return [file for file in files if file.target not in refused]


def _try_function(found: "Prototype") -> "FunctionState":
    from frontdesk.bootstrap import check_import  # noqa: PLC0415
    from frontdesk.releases.prototype import FunctionState  # noqa: PLC0415

    function = found.function
    if function is None:
        return FunctionState()
    with tempfile.TemporaryDirectory(prefix="frontdesk-import-") as alone:
        for file in (*function.files, *([function.shim] if function.shim else [])):
            path = Path(alone) / file.target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
        requirements = str(found.folder / found.requirements) if found.requirements else ""
        with err.status("Importing the function", spinner="dots"):
            check = check_import(Path(alone), function.target, function.packages, requirements=requirements)
    return FunctionState(problem=check.problem, todo=check.todo)


def _try(settings: Settings, place: Path, found: "Prototype") -> "Trial":
    """The documents read in and the questions searched, beside the data folder: it may belong to a running server."""
    from frontdesk.bootstrap import start_logging, try_questions  # noqa: PLC0415

    start_logging(settings.model_copy(update={"log_level": "error"}))
    with tempfile.TemporaryDirectory(prefix="frontdesk-init-") as data:
        aside = settings.model_copy(update={"assistant_dir": place, "data_dir": Path(data)})
        with progress_of_ingest() as reading, progress_of("Searching for the logged questions") as searching:
            return asyncio.run(
                try_questions(aside, found.questions, asked=found.asked, reading=reading, searching=searching)
            )


def _staff_key(settings: Settings) -> str | None:
    """None also where a server runs on this data folder: it has its key."""
    from frontdesk.bootstrap import create_staff_key  # noqa: PLC0415

    with suppress(ConflictError):
        return asyncio.run(create_staff_key(settings))
    return None
