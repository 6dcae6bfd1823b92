"""models.yaml: ladders as they are written down, with names for what is described elsewhere, become rungs in order."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from pydantic import Discriminator, Tag

from frontdesk.domain.errors import ConfigProblem
from frontdesk.domain.release import AnswerCacheSettings, Ceilings, ModelRoute, ModelRoutes
from frontdesk.releases.models_checks import check_routes, check_rung
from frontdesk.releases.yaml_files import YamlFile

Purpose = Literal["answer", "small_answer", "rewrite", "summary", "judge", "command"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
Location = tuple[str | int, ...]


def _tag(value: Any) -> str:
    """Which of the ways to write an entry was meant, so that a mistake in it is told of that way only."""
    return "<name>" if isinstance(value, str) else "<ladder>" if isinstance(value, list | tuple) else "<rung>"


_Rung = Annotated[ModelRoute, Tag("<rung>")]
_Name = Annotated[str, Tag("<name>")]
_Entry = Annotated[_Rung | _Name, Discriminator(_tag)]
_Ladder = Annotated[_Rung | _Name | Annotated[tuple[_Entry, ...], Tag("<ladder>")], Discriminator(_tag)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsFile:
    """models.yaml as it is written. An entry of a ladder is a rung, or the name of a rung that is described elsewhere in
    the file, or of another ladder, which is put in its place. One entry need not be a list."""

    answer: _Ladder
    small_answer: _Ladder = ()
    rewrite: _Ladder = ()
    summary: _Ladder = ()
    judge: _Ladder = ()
    command: _Ladder = ()
    history_tokens: int = 1200
    hedge_share: float = 0.05
    budget: Ceilings = field(default_factory=Ceilings)
    cache: AnswerCacheSettings = field(default_factory=AnswerCacheSettings)


def resolve_models(file: YamlFile) -> tuple[ModelRoutes | None, list[ConfigProblem]]:
    """The ladders with every name replaced by what it stands for; None where there are problems."""
    written: ModelsFile = file.value
    ladders = _Ladders(file, written)
    resolved = {purpose: tuple(ladders.resolve(purpose)) for purpose in PURPOSES}
    routes = ModelRoutes(
        **resolved,
        history_tokens=written.history_tokens,
        hedge_share=written.hedge_share,
        budget=written.budget,
        cache=written.cache,
    )
    problems = [*ladders.problems, *check_routes(file, routes)]
    if not routes.answer and not ladders.problems:
        hint = "`- {name: quotes, adapter: extractive}` needs no key."
        message = "`answer` needs at least one rung."
        problems.append(ConfigProblem(where=file.where("answer"), message=message, hint=hint))
    return (None if problems else routes), problems


class _Ladders:
    """The entries of the file, with where each is written."""

    def __init__(self, file: YamlFile, written: ModelsFile) -> None:
        self.problems: list[ConfigProblem] = []
        self._file = file
        self._entries: Mapping[Purpose, list[tuple[ModelRoute | str, Location]]] = {
            purpose: list(_located(purpose, getattr(written, purpose))) for purpose in PURPOSES
        }
        self._rungs: dict[str, ModelRoute] = {}
        for entry, location in (pair for entries in self._entries.values() for pair in entries):
            if isinstance(entry, ModelRoute):
                self._take(entry, location)

    def _take(self, rung: ModelRoute, location: Location) -> None:
        self.problems += check_rung(self._file, rung, location)
        if rung.name in PURPOSES:
            hint = "Call it something else."
            self._complain(location, f"A rung cannot be called `{rung.name}`: that names a ladder.", hint)
        if self._rungs.setdefault(rung.name, rung) != rung:
            hint = "Give one of them another name, or write only the name the second time."
            self._complain(location, f"`{rung.name}` is described twice, and differently.", hint)

    def resolve(self, purpose: Purpose) -> list[ModelRoute]:
        """The rungs of a ladder in order, each once; quoting comes last, and only where answers are written."""
        found = {rung.name: rung for rung in self._expand(purpose, (purpose,))}
        asked = [rung for rung in found.values() if rung.adapter != "extractive"]
        quoting = [rung for rung in found.values() if rung.adapter == "extractive"]
        if purpose in ("answer", "small_answer"):
            return [*asked, *quoting[:1]]
        if quoting and not asked:
            hint = "Leave it out, or name a model."
            self._complain((purpose,), f"`{purpose}`: `extractive` quotes passages, and can do nothing else.", hint)
        return asked

    def _expand(self, purpose: Purpose, path: tuple[Purpose, ...]) -> Iterator[ModelRoute]:
        for entry, location in self._entries[purpose]:
            if isinstance(entry, ModelRoute):
                yield entry
            elif (named := _purpose(entry)) is not None:
                if named in path:
                    circle = " > ".join([*path[path.index(named) :], named])
                    hint = "Name rungs in one of them instead."
                    if path[0] == named == min(path, key=PURPOSES.index):  # told once
                        self._complain(location, f"`{entry}` leads back to itself: {circle}.", hint)
                else:
                    yield from self._expand(named, (*path, named))
            elif entry in self._rungs:
                yield self._rungs[entry]
            elif len(path) == 1:
                self._complain(location, f"There is no rung and no ladder called `{entry}`.", self._likely(entry))

    def _likely(self, name: str) -> str:
        close = difflib.get_close_matches(name, [*self._rungs, *PURPOSES], n=1)
        return f"Did you mean `{close[0]}`?" if close else "Describe it in one of the ladders."

    def _complain(self, location: Location, message: str, hint: str) -> None:
        self.problems.append(ConfigProblem(where=self._file.where(*location), message=message, hint=hint))


def _purpose(name: str) -> Purpose | None:
    return next((purpose for purpose in PURPOSES if purpose == name), None)


def _located(purpose: Purpose, ladder: Any) -> Iterable[tuple[ModelRoute | str, Location]]:
    if isinstance(ladder, ModelRoute | str):
        return [(ladder, (purpose,))]
    return [(entry, (purpose, place)) for place, entry in enumerate(ladder)]
