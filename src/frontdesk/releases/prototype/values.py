"""What is found in a prototype, and what is said about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from frontdesk.domain.errors import InputError

Kind = Literal["prompt", "document", "questions", "code"]


class NotTakenError(InputError):
    """Ends the work on one file; its reader turns it into a `LeftOut`."""

    code = "not_taken_over"

    def __init__(self, reason: str, todo: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.todo = todo


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A regular file of the prototype."""

    path: str
    """Relative to the prototype, with `/`."""
    location: Path
    size: int

    @property
    def ending(self) -> str:
        return Path(self.path).suffix.lower()

    @property
    def stem(self) -> str:
        return Path(self.path).stem.lower()

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of the folders it lies in, in lower case."""
        return tuple(part.lower() for part in Path(self.path).parts[:-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something that is not taken over."""

    source: str
    reason: str
    todo: str = ""
    """What a person can do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that is taken over, but not as it was."""

    source: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Instructions as the prototype has them, before anything is changed."""

    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """Who a prompt says the assistant is; empty where it does not say."""

    name: str = ""
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenDocument:
    """A document as it will stand in the assistant folder."""

    source: str
    target: str
    """Relative to the folder of documents."""
    text: str
    language: str
    """ISO 639-1 as detected; empty where it is too short to tell."""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedQuestion:
    """A question that was once asked, with what was answered; personal data is masked."""

    question: str
    answer: str
    language: str
    source: str
    """File and row, for example `logs/chat.csv:12`."""
    times: int = 1
    """How often the same words were asked."""
    is_masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFile:
    """A module that is copied."""

    source: str
    target: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFunction:
    """The prototype's function, ready to be named in models.yaml."""

    source: str
    """As the prototype has it: `bot.py:answer`."""
    target: str
    """As models.yaml names it: `bot:answer`."""
    files: tuple[CodeFile, ...]
    """Its module first, then what that imports from the prototype."""
    shim: CodeFile | None = None
    """Our own module in front of it, where it takes or gives something else than we do."""
    packages: tuple[str, ...] = ()
    """Top-level names of what it imports from elsewhere, sorted."""
    named_files: tuple[str, ...] = ()
    """Files of the prototype that the code names and that are not copied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prototype:
    """Everything that was found."""

    folder: Path
    prompt: Prompt | None
    introduction: Introduction
    documents: tuple[TakenDocument, ...]
    questions: tuple[LoggedQuestion, ...]
    """Distinct, most frequent first."""
    asked: int
    """How many questions the logs hold, repeats counted."""
    function: ModelFunction | None
    requirements: str
    """The requirements file beside the code; empty where there is none."""
    language: str
    """ISO 639-1 that most of its documents are written in."""
    left_out: tuple[LeftOut, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """One file of the new assistant folder."""

    target: str
    text: str
    source: str = ""
    """Where it came from in the prototype; empty for what the starter gives."""
    kind: Kind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Who the assistant is, and why we think so."""

    name: str
    organisation: str
    guessed: Mapping[str, str] = field(default_factory=dict)
    """What was not given, with where it was read; `starter` where it was read nowhere."""
