"""What became of a prototype, for the terminal, for programs and for the folder itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.releases.prototype.trial import Trial
from frontdesk.releases.prototype.values import Change, LeftOut, Names, Prototype, WrittenFile

NOTE = "PROTOTYPE.md"
"""The report as it stays in the assistant folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionState:
    """Whether the function can be asked."""

    problem: str = ""
    """Empty when it can."""
    todo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """Everything there is to tell."""

    folder: str
    """The new assistant folder, as the person wrote it."""
    prototype: Prototype
    names: Names
    written: tuple[WrittenFile, ...]
    changes: tuple[Change, ...]
    function: FunctionState
    trial: Trial

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        kept_out = (
            LeftOut(
                source=path,
                reason=f"kept out when it was read in: {reason}",
                todo="Mend it, then put it into knowledge/.",
            )
            for path, reason in self.trial.kept_out
        )
        return (*self.prototype.left_out, *kept_out)

    @property
    def taken(self) -> tuple[WrittenFile, ...]:
        return tuple(file for file in self.written if file.kind)


def missing(report: TakeOver) -> Iterator[LeftOut]:
    """What a running assistant would want and the prototype does not have."""
    prototype, names = report.prototype, report.names
    if prototype.prompt is None:
        yield LeftOut(source="prompt", reason="none was found; the starter's is used", todo="Edit prompts/answer.md.")
    if names.guessed.get("organisation") == "starter":
        yield LeftOut(
            source="organisation",
            reason=f"it is not known and stands as '{names.organisation}'",
            todo="Edit assistant.yaml.",
        )
    if prototype.function is None:
        is_known = any(".py:" in item.source for item in prototype.left_out)
        yield LeftOut(
            source="function",
            reason="none is asked; answers quote the documents",
            todo="See above, or name a model in models.yaml."
            if is_known
            else "Name one with --function module:function, or a model in models.yaml.",
        )
    elif report.function.problem:
        yield LeftOut(source=prototype.function.source, reason=report.function.problem, todo=report.function.todo)
    for path in prototype.function.named_files if prototype.function else ():
        yield LeftOut(
            source=path,
            reason="the code names it, and it is not copied",
            todo="Copy it where the code looks, if it is still needed.",
        )
    if not prototype.questions:
        yield LeftOut(
            source="past questions",
            reason="none were found",
            todo="A CSV with the columns question and answer shows what is missing.",
        )
    if prototype.language and prototype.language not in ("en", "es", "de"):
        yield LeftOut(
            source="texts",
            reason=f"most documents are in '{prototype.language}', and the assistant's own words are in en, es and de",
            todo="Add that language to `languages` and to each text in assistant.yaml.",
        )


def next_steps(report: TakeOver) -> list[tuple[str, str]]:
    """Commands, each with what it is for."""
    folder = report.folder if " " not in report.folder else f'"{report.folder}"'
    steps = []
    if report.function.todo.startswith("pip "):
        steps.append((report.function.todo, "what the function needs"))
    steps.append((f"frontdesk up --assistant {folder}", "read the documents in and answer"))
    steps.append((f'frontdesk ask --assistant {folder} "{_example(report)}"', "ask it something"))
    return steps


def _example(report: TakeOver) -> str:
    starters = report.trial.starters
    return starters[0].replace('"', "'").replace("$", "").replace("`", "") if starters else "What can you help me with?"


def to_json(report: TakeOver, *, staff_key: str | None) -> dict[str, Any]:
    """The report for programs."""
    trial, prototype = report.trial, report.prototype
    return {
        "folder": report.folder,
        "files": [file.target for file in report.written],
        "staff_key": staff_key,
        "prototype": str(prototype.folder),
        "name": report.names.name,
        "organisation": report.names.organisation,
        "guessed": dict(report.names.guessed),
        "taken_over": [{"from": file.source, "to": file.target, "kind": file.kind} for file in report.taken],
        "changed": [{"source": item.source, "what": item.what} for item in report.changes],
        "not_taken_over": _as_rows(report.left_out),
        "missing": _as_rows(missing(report)),
        "function": {
            "source": prototype.function.source,
            "target": prototype.function.target,
            "is_asked": not report.function.problem,
            "problem": report.function.problem or None,
            "requirements": prototype.requirements or None,
        }
        if prototype.function
        else None,
        "questions": {
            "asked": trial.asked,
            "distinct": len(prototype.questions),
            "searched": trial.searched,
            "need_no_document": trial.talk,
            "for_a_person": trial.person,
            "refused": trial.refused,
            "high": trial.high,
            "medium": trial.medium,
            "low": trial.low,
            "gaps": [
                {"question": gap.question, "times": gap.times, "wordings": gap.wordings, "closest": gap.closest}
                for gap in trial.gaps
            ],
        },
        "documents": {"accepted": trial.documents, "chunks": trial.chunks, "searched_by_meaning": trial.by_meaning},
        "starters": list(trial.starters),
        "notes": list(trial.notes),
        "next": [{"command": command, "what_for": what_for} for command, what_for in next_steps(report)],
    }


def _as_rows(items: Sequence[LeftOut] | Iterator[LeftOut]) -> list[dict[str, str]]:
    return [{"source": item.source, "reason": item.reason, "what_to_do": item.todo} for item in items]


def to_markdown(report: TakeOver) -> str:
    """The page that stays in the folder: where everything came from."""
    parts = [
        "# Where this folder came from",
        f"Written by `frontdesk init --from {report.prototype.folder}`. Nothing reads this file; delete it when it is no longer needed.",
        "## Taken over",
        "\n".join(f"- `{file.target}` from `{file.source}`" for file in report.taken),
    ]
    parts += _section("Changed", [f"`{item.source}`: {item.what}" for item in report.changes])
    parts += _section("Not taken over", [_sentence(item) for item in report.left_out])
    parts += _section("Missing", [_sentence(item) for item in missing(report)])
    parts += _section(
        "Asked before, and no document that the search is sure of",
        [f"{gap.times}×: {_one_line(gap.question)} (closest: {gap.closest or 'none'})" for gap in report.trial.gaps],
    )
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "\n".join(f"- {line}" for line in lines)] if lines else []


def _sentence(item: LeftOut) -> str:
    return f"`{item.source}`: {item.reason}. {item.todo}".strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())
