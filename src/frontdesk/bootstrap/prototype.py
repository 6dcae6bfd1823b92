"""A prototype's function tried by importing it, and its logged questions tried by searching for them."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from frontdesk.adapters.models import python_chat
from frontdesk.bootstrap.knowledge import Progress, open_embedder, open_snapshot, sync_knowledge
from frontdesk.domain.conversation import PUBLIC_ONLY, Conversation, ConversationStatus, Principal
from frontdesk.domain.errors import MalformedError, TooLargeError
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.turn import TurnContext
from frontdesk.releases import read_assistant
from frontdesk.releases.prototype import MAX_SEARCHED, LoggedQuestion, Road, Trial, Tried, sum_up
from frontdesk.settings import Settings
from frontdesk.text.normalise import normalise_message
from frontdesk.turn.retrieval import Retriever
from frontdesk.turn.routing import Router

IMPORT_LIMIT_S = 30.0
"""Longest that a prototype may take to be imported; large packages take ten seconds on a slow disk."""
_IMPORT = f"""
import json, sys
from pathlib import Path
from {python_chat.__name__} import load_function
try:
    load_function(sys.argv[2], where="", folder=Path(sys.argv[1]))
    said = {{}}
except Exception as error:
    cause = error.__cause__ or error
    said = {{"kind": type(cause).__name__, "name": getattr(cause, "name", None), "text": str(cause)}}
sys.stdout.write("\\n" + json.dumps(said))
"""
_INSTALLED_AS = {
    "PIL": "Pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dotenv": "python-dotenv",
    "fitz": "PyMuPDF",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
_ROADS: dict[str, Road] = {"small_talk": "talk", "clarify": "talk", "human": "person", "refuse": "refused"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCheck:
    """Whether a function can be imported; both empty when it can."""

    problem: str = ""
    todo: str = ""


def check_import(folder: Path, target: str, packages: Sequence[str], *, requirements: str = "") -> ImportCheck:
    """Import a function in a process of its own, as a server would, and say what is missing. It is not called.

    Args:
        target: `module:function` in the folder.
        packages: top-level names that its code imports from elsewhere.
        requirements: path of a requirements file, for the hint.
    """
    if absent := [name for name in packages if not _is_installed(name)]:
        names = " ".join(_INSTALLED_AS.get(name, name) for name in absent)
        wanted = f"-r {requirements}" if requirements.endswith(".txt") else names
        return ImportCheck(problem=f"it needs {', '.join(absent)}, not installed here", todo=f"pip install {wanted}")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603  (our own interpreter; the module is the person's own)
            [sys.executable, "-c", _IMPORT, str(folder.resolve()), target],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=IMPORT_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ImportCheck(
            problem=f"importing it took longer than {IMPORT_LIMIT_S:g} seconds",
            todo="Move what takes long, or starts a server, below `if __name__ == '__main__':`.",
        )
    try:
        said = json.loads(done.stdout.decode("utf-8", "replace").rstrip().rpartition("\n")[2])
    except ValueError:
        return ImportCheck(
            problem=f"importing it ended the process with code {done.returncode}",
            todo="Move what runs the program below `if __name__ == '__main__':`.",
        )
    return _read_check(said) if said else ImportCheck()


def _read_check(said: dict[str, str | None]) -> ImportCheck:
    kind, text = said["kind"], " ".join(str(said["text"]).split())[:200]
    if kind == "ModuleNotFoundError" and said["name"]:
        name = str(said["name"]).split(".")[0]
        return ImportCheck(
            problem=f"it needs {name}, which is not installed here", todo=f"pip install {_INSTALLED_AS.get(name, name)}"
        )
    if kind == "KeyError" and (name := text.strip("'")).isupper():
        return ImportCheck(problem=f"it needs the variable {name}, which is not set", todo=f"export {name}=…")
    return ImportCheck(problem=f"it cannot be imported: {kind}, {text}", todo="Mend it in the assistant folder.")


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


async def try_questions(
    settings: Settings,
    questions: Sequence[LoggedQuestion],
    *,
    asked: int,
    reading: Progress = lambda _: None,
    searching: Callable[[int, int], None] = lambda _, __: None,
) -> Trial:
    """Read an assistant folder's documents in and search every question, as the public would. No server is started.

    Args:
        settings: with the folder, and a data folder that may be written to.
        asked: how many questions were asked, repeats counted.
        searching: is told how many questions of how many were searched.
    """
    content = read_assistant(settings.assistant_dir)
    embedder = open_embedder(settings)
    report = sync_knowledge(settings, content, embedder, progress=reading, force=True)
    if report.manifest is None:
        kept_out = "; ".join(f"{item.path}: {item.detail}" for item in report.quarantined[:5])
        raise MalformedError(f"None of the documents can be read in: {kept_out or report.refused}", field="from")
    wanted = questions[:MAX_SEARCHED]
    tried: list[Tried] = []
    if wanted:
        weights = content.retrieval.dense_weight
        retriever = Retriever(open_snapshot(settings), embedder, content.retrieval)
        dense = frozenset(language for language, weight in weights.items() if weight > 0)
        router = Router(content.routing, content.profile, content.escalation, embedder, dense_languages=dense)
        for number, question in enumerate(wanted, start=1):
            tried += [one] if (one := await _try(question, retriever, router)) else []
            searching(number, len(wanted))
    left = len(questions) - len(wanted)
    return sum_up(
        tried,
        asked=asked,
        language=content.profile.default_language,
        documents=report.accepted,
        chunks=report.chunks,
        kept_out=[(item.path, f"{item.reason}, {item.detail}") for item in report.quarantined],
        by_meaning=embedder is not None,
        notes=[f"The {left:,} rarest questions were not searched."] if left else [],
    )


async def _try(question: LoggedQuestion, retriever: Retriever, router: Router) -> Tried | None:
    """None where it is no message that a customer could send."""
    try:
        text = normalise_message(question.question)
    except (MalformedError, TooLargeError):
        return None
    language = question.language
    route = await router.route(text, language=language, context=_nothing_said(language))
    if route.kind != "knowledge":
        return Tried(question=question, road=_ROADS[route.kind])
    found = await retriever.retrieve(text, language=language, history=(), audiences=PUBLIC_ONLY)
    closest = found.passages[0].title if found.passages else ""
    return Tried(question=question, road="knowledge", level=found.level, confidence=found.confidence, closest=closest)


def _nothing_said(language: str) -> TurnContext:
    conversation = Conversation(
        conversation_id=ConversationId("conv_trial"),
        channel="api",
        locale=language,
        status=ConversationStatus.ASSISTANT,
        principal=Principal(audiences=PUBLIC_ONLY),
        last_seq=0,
        created_at=datetime.now(UTC),
    )
    return TurnContext(conversation=conversation, principal=conversation.principal, history=())
