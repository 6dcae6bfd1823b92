"""What became of a prototype, on the terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from frontdesk.cli.output import harmless, out

if TYPE_CHECKING:
    from frontdesk.releases.prototype import LeftOut, TakeOver

_SHOWN = 12
"""Lines of each list; PROTOTYPE.md in the folder has them all."""
_FIRST = 40
"""Widest first column."""


def print_report(report: "TakeOver") -> None:
    from frontdesk.releases.prototype import missing  # noqa: PLC0415  (half a second)

    names = report.names
    head = _text(f"{report.folder}: {names.name} for {names.organisation}", "bold")
    _tell(head.append_text(_text(_guessed(report), "dim")))
    _list("Taken over", _taken(report))
    _list("Changed", _counted((item.source, item.what) for item in report.changes))
    _list("Not taken over", _sentences(report.left_out))
    _list("Missing", _sentences([*missing(report)]))
    _print_trial(report)
    _print_next(report)


def _guessed(report: "TakeOver") -> str:
    where = sorted({source for source in report.names.guessed.values() if source != "starter"})
    return f", as {' and '.join(where)} says" if where else ""


def _taken(report: "TakeOver") -> list[tuple[str, str]]:
    """One line a prompt, a log and a module; one for all documents of a folder."""
    documents = Counter(_top(file.source) for file in report.taken if file.kind == "document")
    rows = [(file.source, f"→ {file.target}") for file in report.taken if file.kind in ("prompt", "code")]
    rows += [(folder, f"→ knowledge/  {_number(count, 'document')}") for folder, count in documents.items()]
    rows += [
        (file.source, f"→ {file.target}  {_number(len(report.prototype.questions), 'different question')}")
        for file in report.taken
        if file.kind == "questions"
    ]
    if report.prototype.function and not report.function.problem:
        rows.append((report.prototype.function.source, "→ models.yaml  asked first; then the documents are quoted"))
    return rows


def _top(source: str) -> str:
    folder, _, _ = source.rpartition("/")
    return f"{folder.split('/')[0]}/" if folder else source.partition(":")[0]


def _counted(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same change of many files is one line."""
    sources: dict[str, list[str]] = {}
    for source, what in items:
        sources.setdefault(what, []).append(source)
    return [(found[0] if len(found) == 1 else _number(len(found), "document"), what) for what, found in sources.items()]


def _sentences(items: "Sequence[LeftOut]") -> list[tuple[str, str]]:
    return [(item.source, f"{item.reason}. {item.todo}".strip()) for item in items]


def _list(title: str, rows: Sequence[tuple[str, str]]) -> None:
    if not rows:
        return
    out.print()
    _tell(_text(title, "bold"))
    table = _columns(2)
    for source, what in rows[:_SHOWN]:
        table.add_row(_text(source), _text(what))
    if len(rows) > _SHOWN:
        table.add_row(_text(f"and {len(rows) - _SHOWN} more", "dim"), _text("see PROTOTYPE.md", "dim"))
    out.print(Padding(table, (0, 0, 0, 2)))


def _columns(count: int, *, numbers: int = 0) -> Table:
    """A table without lines; the first `numbers` columns stand to the right."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for place in range(count):
        is_first = place == 0 and not numbers
        table.add_column(
            justify="right" if place < numbers else "left", overflow="fold", max_width=_FIRST if is_first else None
        )
    return table


def _print_trial(report: "TakeOver") -> None:
    trial = report.trial
    legs = "by words and by meaning" if trial.by_meaning else "by words only: there is no embedding model here"
    out.print()
    out.print("Read in and searched", style="bold", markup=False)
    _tell(
        _text(f"{_number(trial.documents, 'document')} in {_number(trial.chunks, 'chunk')}, searched {legs}"), indent=2
    )
    if not trial.searched:
        return
    asked = f"{_number(trial.asked, 'question')} asked, {len(report.prototype.questions)} different:"
    _tell(_text(asked), indent=2)
    table = _columns(3, numbers=2)
    for count, meaning in _outcomes(report):
        table.add_row(str(count), f"{count / trial.searched:.0%}", meaning)
    out.print(Padding(table, (0, 0, 0, 2)))
    _list("The biggest gaps: asked, and no document that the search is sure of", [*_gaps(report)])
    if trial.gaps:
        hint = "Where the closest document does answer, write the customers' words into it, or into synonyms in retrieval.yaml."
        _tell(_text(hint, "dim"), indent=2)
    for note in trial.notes:
        _tell(_text(note, "dim"), indent=2)
    _list(
        "Offered before the first message (assistant.yaml, starters)", [(question, "") for question in trial.starters]
    )


def _outcomes(report: "TakeOver") -> Iterator[tuple[int, str]]:
    """Only what occurred."""
    trial = report.trial
    for count, meaning in (
        (trial.high, "the documents answer, high confidence"),
        (trial.medium, "the documents may answer, medium confidence"),
        (trial.low, "no document that the search is sure of, low confidence"),
        (trial.talk, "need no document: greetings, thanks, too little to go by"),
        (trial.person, "go to a person: asked for one, or a topic of topics.yaml"),
        (trial.refused, "are refused by intents.yaml or topics.yaml"),
    ):
        if count:
            yield count, meaning


def _gaps(report: "TakeOver") -> Iterator[tuple[str, str]]:
    for gap in report.trial.gaps:
        wordings = f" in {gap.wordings} wordings" if gap.wordings > 1 else ""
        closest = f"; closest: {gap.closest}" if gap.closest else ""
        yield " ".join(gap.question.split())[:200], f"{_number(gap.times, 'time')}{wordings}{closest}"


def _print_next(report: "TakeOver") -> None:
    from frontdesk.releases.prototype import next_steps  # noqa: PLC0415

    out.print()
    out.print("Next", style="bold", markup=False)
    for command, what_for in next_steps(report):
        out.print(_text(f"  {command}  ").append(f"# {what_for}", style="dim"))


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _text(text: str, style: str = "") -> Text:
    """Nothing that a file is called or says can steer the terminal."""
    return Text(harmless(text), style=style)


def _tell(text: Text, *, indent: int = 0) -> None:
    """Prose, broken between words on a terminal only."""
    shown = Padding(text, (0, 0, 0, indent)) if out.is_terminal else Text(" " * indent).append_text(text)
    out.print(shown, soft_wrap=not out.is_terminal)
