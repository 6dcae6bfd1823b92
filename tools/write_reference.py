"""Writes docs/reference from the code, so that a page and the program cannot disagree.

    python tools/write_reference.py            write every page
    python tools/write_reference.py --check    exit code 1 when a page is not what would be written

A setting, option, field, metric, error or event that says nothing about itself stops the tool.
"""

import argparse
import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer.main
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from frontdesk.adapters.connectors.failing import Cause
from frontdesk.adapters.telemetry import metrics
from frontdesk.cli.main import app
from frontdesk.domain import (
    connector,
    connector_source,
    errors,
    events,
    occurrences,
    release,
    safety,
    turn,
    workflow_texts,
    write_back,
)
from frontdesk.releases import (
    connectors_entries,
    folder,
    workflow_tests_file,
    workflows_entries,
    write_back_file,
)
from frontdesk.server import problems
from frontdesk.settings import PREFIX, Settings

PAGES = Path(__file__).resolve().parents[1] / "docs" / "reference"
HEAD = "<!-- Written by tools/write_reference.py. Change the code it is read from, then run `make docs`. -->\n"


class UndocumentedError(Exception):
    """Something a reader of the reference would look up says nothing about itself."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; say which pages are out of date")
    is_check = parser.parse_args().check
    stale = [name for name, text in pages().items() if _read(PAGES / name) != text]
    for name in stale:
        print(f"{'out of date' if is_check else 'wrote'}: docs/reference/{name}", file=sys.stderr)
        if not is_check:
            PAGES.mkdir(parents=True, exist_ok=True)
            (PAGES / name).write_text(pages()[name], encoding="utf-8")
    return 1 if is_check and stale else 0


def pages() -> dict[str, str]:
    """Every generated page by file name.

    Raises:
        UndocumentedError: something has no words of its own.
    """
    writers: Mapping[str, Callable[[], str]] = {
        "settings.md": settings_page,
        "cli.md": cli_page,
        "assistant-folder.md": folder_page,
        "metrics.md": metrics_page,
        "errors.md": errors_page,
        "events.md": events_page,
    }
    return {name: f"{HEAD}\n{write().strip()}\n" for name, write in writers.items()}


# -- settings ------------------------------------------------------------------------------------


def settings_page() -> str:
    rows = [
        (f"`{PREFIX}{key.upper()}`", _default_of_setting(key), _needed(field.description, f"setting {key}"))
        for key, field in Settings.model_fields.items()
    ]
    return f"""# Settings

A setting belongs to an installation: where it listens, where it keeps things, what it may use. Each is an environment
variable. Options of a command stand above the environment. What can change an answer is not here but in the
[assistant folder](assistant-folder.md), where it is versioned.

`frontdesk config show` prints every setting with its value and where the value comes from; secrets are masked. A
variable that starts with `{PREFIX}` and is not listed here stops the program, because it is most likely a misspelt one.

{_table(("Variable", "Default", "Effect"), rows)}

Keys of model vendors are not settings: a route in `models.yaml` names the variable that holds its key.
"""


def _default_of_setting(key: str) -> str:
    default = Settings.model_fields[key].default
    if default is PydanticUndefined:
        return "`~/.cache/frontdesk/models`"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    return f"`{default}`" if str(default) else ""


# -- command line --------------------------------------------------------------------------------


def cli_page() -> str:
    root = typer.main.get_command(app)
    sections = [_command_section(path, command) for path, command in commands(root)]
    codes = re.findall(r"(\d+) ([^·.]+)", inspect.getdoc(sys.modules["frontdesk.cli"]) or "")
    return f"""# Command line

{_sentence(root.help)} `frontdesk --version` prints the version; every command explains itself with `--help`.

Answers are written to standard output and everything else to standard error. With `--json` the output is for programs.

{_table(("Exit code", "Means"), [(code, text.strip()) for code, text in codes])}

{"".join(sections)}"""


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def _command_section(path: tuple[str, ...], command: Any) -> str:
    name = " ".join(path)
    text = _needed(command.help, f"command {name}").strip()
    arguments = [_as_argument(item) for item in command.params if not item.opts[0].startswith("-")]
    usage = " ".join(["frontdesk", *path, *arguments, "[OPTIONS]"])
    rows = [_parameter_row(item, name) for item in command.params if item.name != "help"]
    table = _table(("Name", "Default", "Effect"), rows) if rows else ""
    return f"## frontdesk {name}\n\n{_prose(text)}\n\n```text\n{usage}\n```\n\n{table}\n\n"


def _as_argument(item: Any) -> str:
    shown = str(item.opts[0]).upper()
    return shown if item.required else f"[{shown}]"


def _parameter_row(item: Any, command: str) -> tuple[str, str, str]:
    is_argument = not item.opts[0].startswith("-")
    shown = f"`{item.opts[0].upper() if is_argument else ', '.join(item.opts)}`"
    default = item.default
    if item.required:
        value = "required"
    elif default is None or default is False or default == "" or hasattr(default, "read"):
        value = ""
    else:
        value = f"`{default}`"
    return shown, value, _needed(item.help, f"{command} {shown}")


# -- assistant folder ----------------------------------------------------------------------------


_FOLDER = (
    release,
    folder,
    workflow_texts,
    connector_source,
    connectors_entries,
    workflows_entries,
    workflow_tests_file,
    write_back,
    write_back_file,
)
"""Modules whose dataclasses are the schema of the assistant folder."""
_SHORT = {"_Field": "FieldEntry", "_Argument": "ArgumentEntry"}
"""What may be written as the name of its type alone."""
_STEPS = tuple(kind.__name__ for kind in workflows_entries.KINDS.values())
_ALIASES = {
    "Texts": "texts, or one text",
    "With": "argument: expression",
    "Failures": "kind of failure, or `any`: step",
    "_Choice": "texts, or ChoiceEntry",
    "_Step": f"{' · '.join(_STEPS)} · `end` · `hand_over`",
    "_Rule": "FieldRule",
    "_Source": "its source",
}
"""Types that have more than one way to be written."""
_INSIDE: Mapping[str, tuple[str, ...]] = {"_Step": _STEPS, "_Choice": ("ChoiceEntry",), "_Rule": ("FieldRule",)}


def folder_page() -> str:
    known = {name: node for module in _FOLDER for name, node in _classes(module).items()}
    files = {**folder.FILES, **folder.MANY_FILES}
    sections = "".join(_file_section(name, kind, known) for name, kind in files.items())
    prompts = _table(
        ("File", "Meaning"),
        [(f"`prompts/{item.name}.md`", item.meaning) for item in _described(release.Prompts, known)],
    )
    return f"""# The assistant folder, field by field

Every file is YAML in UTF-8, at most {folder.MAX_FILE_BYTES:,} bytes. A field that is not listed here is a mistake, and is reported with
its file and line. {_listed(sorted(vars(folder)["_OPTIONAL"]))} may be missing; then every field has its default. *Texts* are written per language, as
`{{en: …, de: …}}`. `frontdesk config schema FILE` prints the JSON Schema of a file, for editors.

{sections}## prompts/

{prompts}

`{{name}}`, `{{organisation}}`, `{{voice}}` and `{{language}}` are filled in.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One field of a dataclass, in words."""

    name: str
    type: str
    default: str
    meaning: str
    inner: tuple[str, ...]
    """Names of dataclasses in its type."""


def _file_section(name: str, kind: Any, known: Mapping[str, ast.ClassDef]) -> str:
    described = list(_described(kind, known))
    text = f"## {name}\n\n{_field_table(described)}\n\n"
    waiting = [inner for item in described for inner in item.inner]
    done: set[str] = set()
    while waiting:
        inner = waiting.pop(0)
        if inner in done:
            continue
        done.add(inner)
        inside = list(_described(_of_the_folder(inner), known))
        waiting += [name for item in inside for name in item.inner]
        note = ast.get_docstring(known[inner]) or ""
        text += f"### {name}: {inner}\n\n{_prose(note)}\n\n{_field_table(inside)}\n\n"
    return text


def _of_the_folder(name: str) -> Any:
    return next((getattr(module, name) for module in _FOLDER if hasattr(module, name)), None)


def _field_table(described: Sequence[Described]) -> str:
    rows = [(f"`{item.name}`", item.type, item.default, item.meaning) for item in described]
    return _table(("Field", "Type", "Default", "Meaning"), rows)


def _described(kind: Any, known: Mapping[str, ast.ClassDef]) -> Iterator[Described]:
    notes: dict[str, tuple[ast.expr, str]] = {}
    shared = _field_notes(known["RoutingPolicy"])  # intents.yaml and topics.yaml are its two halves
    for cls in reversed(kind.__mro__[:-1]):
        notes |= _field_notes(known[cls.__name__])
    for item in fields(kind):
        annotation, note = notes[item.name]
        note = note or shared.get(item.name, (annotation, ""))[1]
        names = {_SHORT.get(node.id, node.id) for node in ast.walk(annotation) if isinstance(node, ast.Name)}
        names |= {name for alias in names for name in _INSIDE.get(alias, ())}
        inner = tuple(sorted(name for name in names & known.keys() if is_dataclass(_of_the_folder(name))))
        meaning = note or (_prose(ast.get_docstring(known[inner[0]]) or "") if inner else "")
        yield Described(
            name=item.name.rstrip("_"),
            type=_type_in_words(annotation),
            default=_default_of(item),
            meaning=_needed(meaning, f"{kind.__name__}.{item.name}"),
            inner=inner,
        )


def _default_of(item: Any) -> str:
    if item.default is not MISSING:
        value = item.default
    elif item.default_factory is not MISSING:
        value = item.default_factory()
    else:
        return "required"
    if is_dataclass(value) or value in (None, "", (), {}):
        return ""
    if isinstance(value, Mapping) and isinstance(value.get("en"), str):
        return str(value["en"])
    return f"`{json.dumps(value, ensure_ascii=False, default=str)}`"


def _type_in_words(annotation: ast.expr) -> str:  # noqa: C901, PLR0911  (a table of shapes)
    """`tuple[str, ...]` is a list of texts, and so on, for people who write YAML."""
    match annotation:
        case ast.Name(id=name):
            plain = {
                "str": "text",
                "int": "whole number",
                "float": "number",
                "Decimal": "number",
                "bool": "true or false",
                "Any": "anything",
            }
            if isinstance(enum := getattr(safety, name, None), type) and issubclass(enum, Enum):
                return " · ".join(f"`{member.value}`" for member in enum)
            if get_origin(alias := _of_the_folder(name)) is Literal:
                return " · ".join(f"`{option}`" for option in get_args(alias) if option)
            if name in _ALIASES:
                return _ALIASES[name]
            if name in _SHORT:
                return f"{_SHORT[name]}, or its type alone"
            return plain.get(name, "texts" if name == "Localised" else name)
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[inner, _])):
            return f"list of {_type_in_words(inner)}"
        case ast.Subscript(value=ast.Name(id="Mapping"), slice=ast.Tuple(elts=[key, inner])):
            return f"{_type_in_words(key)}: {_type_in_words(inner)}"
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[inner, *_])):
            return _type_in_words(inner)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=options)):
            return " · ".join(f"`{ast.literal_eval(option)}`" for option in options)
        case ast.BinOp(left=left, right=ast.Constant(value=None)):
            return _type_in_words(left)
        case ast.BinOp(left=left, right=right):
            return f"{_type_in_words(left)} or {_type_in_words(right)}"
        case ast.Constant(value=value):
            return str(value)
    return ast.unparse(annotation)


# -- metrics -------------------------------------------------------------------------------------

LABELS: Mapping[str, str] = {
    "channel": "Where the customer writes, as the conversation was opened with.",
    "release": "Id of the release that answered.",
    "outcome": ", ".join(f"`{item.value}`" for item in turn.Outcome)
    + "; of calls of other systems `ok`, `cached`, "
    + ", ".join(f"`{name}`" for name in get_args(connector.FailureKind))
    + ".",
    "stage": ", ".join(f"`{item.value}`" for item in turn.Stage) + ".",
    "step": "Part of a stage; empty for the whole of it.",
    "reason": "Code of the error, kind of contradiction, or reason of an escalation; of what was refused `overloaded`, "
    "`newcomer`, `draining`, `conversations` or `uploads`.",
    "vendor": "Who was asked: a vendor's name or the host of its API; `frontdesk` for what is computed here.",
    "model": "As pinned in the route.",
    "result": "`ok`, or how the request failed.",
    "from": "Name of the rung that would have answered, had nothing been in its way.",
    "to": "Name of the rung that did.",
    "kind": "Of tokens `in`, `out` and `cached`; of findings "
    + ", ".join(f"`{k.value}`" for k in safety.FindingKind)
    + "; of occurrences "
    + ", ".join(f"`{name}`" for name in occurrences.KINDS)
    + " and `other`.",
    "severity": "`info`, `warning` or `critical`.",
    "feature": "What the money was spent on: `answer`, `rewrite`, `summary`, `judge` or `command`, `hedge` for a second vendor that "
    "was asked beside a slow one, or `embed`.",
    "direction": "`in` for customers' messages, `out` for what the assistant was about to say.",
    "action": ", ".join(f"`{item.value}`" for item in safety.GuardAction) + ".",
    "language": "ISO 639-1 of the message; `other` outside a fixed list.",
    "hit": "`yes` when the confidence reached `answer_above`.",
    "end": "`sent`, `unchanged` where nothing was new, `retry`, `outage` where the system could not be reached, `refused`, or "
    "`lost` where another process had it.",
    "found": "`hit` where an answer was given again, `miss` where there was none, `personal` where none may be.",
    "queue": "As in `escalation.yaml`.",
    "scope": "What a ceiling holds for: `turn`, `conversation`, `customer_day`, `day` or `month`.",
    "purpose": "What a model would have been asked for: `answer`, `rewrite`, `summary`, `judge` or `command`.",
    "connector": "As `connectors.yaml` names it.",
    "operation": "As `connectors.yaml` names it.",
    "cause": "What was behind a failed call: "
    + ", ".join(f"`{name}`" for name in get_args(Cause) if name)
    + "; empty where it went well.",
    "workflow": "As its file in the folder `workflows` is called.",
    "workflow_step": "As the workflow names it.",
    "status": "How the run ended: `done`, `cancelled`, `handed_over` or `expired`.",
    "failure": ", ".join(f"`{name}`" for name in get_args(connector.FailureKind)) + "; empty where nothing failed.",
    "denial": "Action of the audit entry, as in `call.denied`, `record.not_yours` and `message.gave_orders`.",
    "lane": "`normal` for turns that wait for free hands, `kept` for those that wait until nobody else does.",
    "rating": "`up`, `down`, or `none` where one was taken back.",
}


def metrics_page() -> str:
    telemetry = metrics.PrometheusTelemetry()
    rows, used = [], set()
    for collector in vars(telemetry.registry)["_collector_to_names"]:
        facts = vars(collector)
        labels = tuple(facts["_labelnames"])
        used |= set(labels)
        kind = type(collector).__name__.lower()
        name = facts["_name"] + ("_total" if kind == "counter" else "")
        text = _needed(facts["_documentation"], f"metric {name}")
        rows.append((f"`{name}`", kind, ", ".join(f"`{label}`" for label in labels), text))
    labels_in_words = [(f"`{name}`", _needed(LABELS.get(name), f"label {name}")) for name in sorted(used)]
    return f"""# Metrics

`GET /metrics` gives them in Prometheus' text format, to whoever holds a staff key. They count since the process
started, for that process only; [Operating](../guide/operating.md#metrics) shows how to scrape them. Times are seconds.

{_table(("Metric", "Type", "Labels", "Meaning"), rows)}

A histogram has the series `…_bucket`, `…_sum` and `…_count`.

## Labels

{_table(("Label", "Values"), labels_in_words)}
"""


# -- errors --------------------------------------------------------------------------------------


def errors_page() -> str:
    meanings = {**_tree_meanings(errors), **{cls.__name__: cls.__doc__ or "" for cls in _family(problems)}}
    rows = [
        (
            f"`{cls.code}`",
            _parents(cls),
            _status_of(cls),
            "yes" if cls.retryable else "",
            meanings.get(cls.__name__, ""),
        )
        for cls in (*_family(errors), *_family(problems))
    ]
    known = {cls.code: problems.status_of(cls.__new__(cls)) for cls in (*_family(errors), *_family(problems))}
    known = {code: status for code, status in known.items() if status < 500 or code in problems.PROBLEM_CODES}
    by_status = [
        (
            str(status),
            title,
            ", ".join(
                f"`{code}`" for code, own in sorted({**known, **problems.PROBLEM_CODES}.items()) if own == status
            ),
        )
        for status, title in vars(problems)["_TITLES"].items()
    ]
    by_status = [row for row in by_status if row[2]]
    return f"""# Errors

Blocked, refused, escalated and quarantined are results, not errors. An error means that something could not do its
job. Each has a class, a code for programs and a message for people.

Over HTTP an error is a problem document after RFC 9457, `application/problem+json`, with `code`, `detail`, and `field`
where one field is at fault. Paths below `/openai/` answer with the error object that OpenAI clients read.

{_table(("Code", "Class", "HTTP", "May be sent again", "Means"), rows)}

A class whose status is 500 never tells a client more than that; the log has the rest, found by the `instance` of the
problem document.

## By HTTP status

{_table(("Status", "Title", "Codes"), by_status)}

`429` and `503` carry `Retry-After`. The exit codes of commands are in [Command line](cli.md).
"""


def _family(module: Any) -> list[type[errors.FrontdeskError]]:
    return [
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, errors.FrontdeskError) and item.__module__ == module.__name__
    ]


def _parents(cls: type[errors.FrontdeskError]) -> str:
    names = [item.__name__ for item in cls.__mro__ if issubclass(item, errors.FrontdeskError)]
    return " › ".join(f"`{name}`" for name in reversed(names[:-1])) or f"`{cls.__name__}`"


def _status_of(cls: type[errors.FrontdeskError]) -> str:
    return "at start only" if issubclass(cls, errors.ConfigError) else str(problems.status_of(cls.__new__(cls)))


def _tree_meanings(module: Any) -> dict[str, str]:
    """What the tree in the module's docstring says beside each class."""
    lines = (inspect.getdoc(module) or "").splitlines()
    found = (re.match(r"\s+(\w+Error)(?:\s{2,}(\S.*))?$", line) for line in lines)
    return {match[1]: _sentence(match[2]) for match in found if match and match[2]}


# -- events --------------------------------------------------------------------------------------


def events_page() -> str:
    known = _classes(events)
    kinds = [cls for cls in vars(events).values() if isinstance(cls, type) and issubclass(cls, events.Event)]
    sections = "".join(_event_section(cls, known) for cls in kinds if cls is not events.Event)
    citation = {**_classes(turn), **known}
    rows = [(f"`{name}`", _wire_type(kind), note) for name, (kind, note) in _field_notes(citation["Citation"]).items()]
    return f"""# Events

The log of a conversation is a list of events. A stored event has a `seq`: 1, 2, 3 and so on within its conversation,
without gaps. Over server-sent events, `id` is the `seq`, `event` the kind and `data` the fields below as one line of
JSON; a reader that comes back with `Last-Event-ID` gets the same bytes again. An event that is not stored has no `id`
and is not repeated. *Personal* fields can be erased without leaving a gap.

Exactly one event of the kinds {_listed(sorted(events.FINAL_KINDS))} ends a turn.

{sections}## citation

{_table(("Field", "Type", "Meaning"), rows)}
"""


def _event_section(cls: type[events.Event], known: Mapping[str, ast.ClassDef]) -> str:
    text = _needed(ast.get_docstring(known[cls.__name__]), f"event {cls.__name__}")
    rows = [
        (f"`{name}`", _wire_type(kind), "yes" if name in cls.personal else "", note)
        for name, (kind, note) in _field_notes(known[cls.__name__]).items()
    ]
    stored = "Stored." if cls.is_stored else "Not stored."
    return f"## {cls.kind}\n\n{_prose(text)} {stored}\n\n{_table(('Field', 'Type', 'Personal', 'Meaning'), rows)}\n\n"


def _wire_type(annotation: ast.expr) -> str:
    match annotation:
        case ast.Name(id=name) if name.endswith("Id"):
            return "id"
        case ast.Name(id="Outcome"):
            return " · ".join(f"`{item.value}`" for item in turn.Outcome)
        case ast.Name(id="ConfidenceLevel"):
            return "`high` · `medium` · `low`"
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[ast.Name(id="Citation"), _])):
            return "list of [citation](#citation)"
        case ast.BinOp(left=left, right=ast.Constant(value=None)):
            return f"{_wire_type(left)}, or null"
    return _type_in_words(annotation)


# -- reading code and writing Markdown -----------------------------------------------------------


def _classes(module: Any) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(module))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _field_notes(node: ast.ClassDef) -> dict[str, tuple[ast.expr, str]]:
    """Annotation and docstring of every field a class body declares, in order; class variables are left out."""
    found: dict[str, tuple[ast.expr, str]] = {}
    for index, item in enumerate(node.body):
        if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
            continue
        if "ClassVar" in ast.unparse(item.annotation):
            continue
        after = node.body[index + 1] if index + 1 < len(node.body) else None
        is_note = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        note = str(after.value.value) if is_note else ""  # type: ignore[union-attr]
        found[item.target.id] = (item.annotation, _prose(note))
    return found


def _needed(text: str | None, what: str) -> str:
    if not text or not text.strip():
        raise UndocumentedError(f"{what} says nothing about itself")
    return text


def _sentence(text: str | None) -> str:
    text = " ".join((text or "").split())
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) or not text else ".")


def _prose(text: str) -> str:
    """A docstring with its lines joined; paragraphs stay."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")) if text else ""


def _listed(items: Sequence[str]) -> str:
    shown = [f"`{item}`" for item in items]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table without the columns that nobody filled."""
    used = [index for index in range(len(head)) if any(row[index].strip() for row in rows)]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(line[index]) for index in used) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
