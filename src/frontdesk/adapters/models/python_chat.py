"""A prototype's own function as the model: `python:module:function`.

The function takes the question, or the question and the history, or one request with everything, whichever its
parameters say, and returns a text or yields pieces of one, as a plain or an async function:

    def answer(question): ...
    def answer(question, history): ...
    async def answer(request): ...          # request["question"], request["passages"], ...
"""

import asyncio
import contextvars
import importlib
import inspect
import sys
import threading
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Literal

import structlog

from frontdesk.domain.errors import (
    ConfigError,
    ConfigProblem,
    DependencyError,
    MalformedReplyError,
    RejectedError,
    UnavailableError,
)
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatRequest, ModelEvent, StreamEnd, TextDelta

log = structlog.get_logger()

_HINT = "Write it as module:function, for example my_bot.chat:answer."
_ROLES = {"customer": "user", "assistant": "assistant", "operator": "assistant"}
_END = object()
_ItemKind = Literal["piece", "result", "end", "error"]

THREADS = 32
"""As many turns at once as one process serves comfortably. The threads are daemons: a function that hangs keeps
nobody from stopping the process."""


class PythonChatModel:
    """Calls a function; what it raises becomes a `DependencyError`."""

    def __init__(self, function: Callable[..., Any], *, name: str, threads: int = THREADS) -> None:
        """
        Args:
            threads: how many calls of a blocking function run at once.
        """
        self._call = _adapted(function)
        self._name = name
        self._is_async = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
        self._slots = threading.BoundedSemaphore(threads)

    @classmethod
    def load(cls, route: ModelRoute, *, folder: Path | None = None) -> "PythonChatModel":
        """The function that a route's `model` names; its option `threads` sets how many calls run at once.

        Args:
            folder: searched for the module before anything else, for a prototype beside the assistant folder.
        Raises:
            ConfigError: it cannot be imported, or its parameters cannot be filled.
        """
        function = load_function(route.model, where=f"models.yaml: {route.name}", folder=folder)
        return cls(function, name=route.model, threads=int(route.options.get("threads", THREADS)))

    @property
    def vendor(self) -> str:
        return "python"

    @property
    def model(self) -> str:
        return self._name

    def render(self, request: ChatRequest) -> str:
        return repr(to_plain(request))

    async def stream(self, request: ChatRequest) -> AsyncIterator[ModelEvent]:
        try:
            pieces = _texts(self._call, to_plain(request), is_async=self._is_async, slots=self._slots)
            async with aclosing(pieces) as texts:
                async for text in texts:
                    if _checked(text):
                        yield TextDelta(text=text)
        except DependencyError:
            raise
        except Exception as error:
            log.exception("function_failed", function=self.model)
            raise RejectedError("The function failed.", result="refused", code=type(error).__name__) from error
        yield StreamEnd(finish_reason="stop", usage=Usage(), model=self._name)


def _checked(text: Any) -> str:
    if not isinstance(text, str):
        raise MalformedReplyError("The function did not return text.", result="garbage")
    return text


def to_plain(request: ChatRequest) -> dict[str, Any]:
    """The request as lists, dicts and texts, in the words most prototypes use."""
    return {
        "question": request.question,
        "history": [{"role": _ROLES[turn.role], "content": turn.text} for turn in request.history],
        "summary": request.summary,
        "passages": [
            {"text": passage.text, "title": passage.title, "url": passage.url, "score": passage.score}
            for passage in request.passages
        ],
        "instructions": request.instructions,
        "language": request.language,
        "purpose": request.purpose,
        "json_schema": None if request.json_schema is None else dict(request.json_schema),
    }


def load_function(target: str, *, where: str, folder: Path | None = None) -> Callable[..., Any]:
    """The function that `module:function` names, ready to be called.

    Raises:
        ConfigError: with what to do about it.
    """
    module_name, _, path = target.removeprefix("python:").partition(":")
    if not module_name or not path:
        raise _problem(where, f"'{target}' names no function.", _HINT)
    if folder is not None and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:
        hint = "Is it installed here, or does it lie in the assistant folder?"
        what = traceback.format_exception_only(error)[-1].strip()
        raise _problem(where, f"module '{module_name}' cannot be imported: {what}.", hint) from error
    for name in path.split("."):
        found = getattr(found, name, None)
    if not callable(found):
        raise _problem(where, f"module '{module_name}' has no function '{path}'.", _HINT)
    try:
        _adapted(found)
    except TypeError as error:
        raise _problem(where, str(error), "Let it take (question), (question, history) or (request).") from error
    function: Callable[..., Any] = found
    return function


def _problem(where: str, message: str, hint: str) -> ConfigError:
    return ConfigError([ConfigProblem(where=where, message=message, hint=hint)])


def _adapted(function: Callable[..., Any]) -> Callable[[dict[str, Any]], Any]:
    """The function as one of the whole request.

    A parameter that is called as a field of the request gets that field. A lone parameter gets the question, unless
    it is called `request`; a second one gets the history.

    Raises:
        TypeError: a parameter without a default is left over.
    """
    plan = _plan(function)

    def call(request: dict[str, Any]) -> Any:
        positional = [_field(request, name) for name in plan.positional]
        return function(*positional, **{name: request[name] for name in plan.keywords})

    return call


class _Plan:
    """Which field each parameter gets; `*` is the whole request."""

    __slots__ = ("keywords", "positional")

    def __init__(self, positional: list[str], keywords: list[str]) -> None:
        self.positional = positional
        self.keywords = keywords


_FIELDS = ("question", "history", "summary", "passages", "instructions", "language", "purpose", "json_schema")
_SYNONYMS = {"request": "*", "payload": "*", "messages": "history", "context": "passages", "documents": "passages"}


def _plan(function: Callable[..., Any]) -> _Plan:
    positional: list[str] = []
    keywords: list[str] = []
    by_order = iter(("question", "history"))
    for name, parameter in inspect.signature(function).parameters.items():
        field = name if name in _FIELDS else _SYNONYMS.get(name)
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            if name in _FIELDS:
                keywords.append(name)
            elif parameter.default is inspect.Parameter.empty:
                raise TypeError(f"parameter '{name}' cannot be filled.")
            continue
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            positional.extend([] if positional else ["question"])
            continue
        if field is None:
            if parameter.default is not inspect.Parameter.empty:
                break
            field = next((candidate for candidate in by_order if candidate not in positional), None)
        if field is None:
            raise TypeError(f"parameter '{name}' cannot be filled.")
        positional.append(field)
    if not positional and not keywords:
        raise TypeError("it takes no question.")
    return _Plan(positional, keywords)


def _field(request: dict[str, Any], name: str) -> Any:
    return request if name == "*" else request[name]


async def _texts(
    call: Callable[[dict[str, Any]], Any], request: dict[str, Any], *, is_async: bool, slots: threading.BoundedSemaphore
) -> AsyncGenerator[Any]:
    """Whatever the function gives, as pieces of text."""
    result: Any = _END
    if is_async:
        result = call(request)
    else:
        async with aclosing(_Worker(call, request, slots).pieces()) as pieces:
            async for kind, value in pieces:
                if kind == "piece":
                    yield value
                else:
                    result = value
    if inspect.isawaitable(result):
        result = await result
    if hasattr(result, "__aiter__"):
        async with aclosing(_closable(result)) as pieces:
            async for piece in pieces:
                yield piece
    elif result is not _END:
        yield "" if result is None else result


async def _closable(pieces: AsyncIterator[Any]) -> AsyncGenerator[Any]:
    try:
        async for piece in pieces:
            yield piece
    finally:
        if close := getattr(pieces, "aclose", None):
            await close()


class _Worker:
    """Runs a blocking function in one thread from its first line to its last, one piece ahead of its reader.

    One thread, because what prototypes open (SQLite connections, for one) often may not change threads.
    """

    def __init__(
        self, call: Callable[[dict[str, Any]], Any], request: dict[str, Any], slots: threading.BoundedSemaphore
    ) -> None:
        self._slots = slots
        self._call = call
        self._request = request
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[tuple[_ItemKind, Any]] = asyncio.Queue(maxsize=1)
        self._stopped = threading.Event()

    async def pieces(self) -> AsyncGenerator[tuple["_ItemKind", Any]]:
        """Its pieces, or its one result. Closed early, it ends with the piece it is working on.

        Raises:
            UnavailableError: as many calls as may run at once are still running.
        """
        if not self._slots.acquire(blocking=False):
            raise UnavailableError("The function is busy.", result="5xx", code="busy")
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._work,), name="python-model", daemon=True).start()
        try:
            while True:
                kind, value = await self._queue.get()
                match kind:
                    case "error":
                        raise value
                    case "end":
                        return
                    case _:
                        yield kind, value
        finally:
            self._stopped.set()
            while not self._queue.empty():  # lets a waiting `_put` go
                self._queue.get_nowait()

    def _work(self) -> None:
        try:
            result = self._call(self._request)
            if isinstance(result, Iterator):
                self._iterate(result)
            else:
                self._put("result", result)
            self._put("end", None)
        except Exception as error:  # told to the reader, who is in another thread
            self._put("error", error)
        finally:
            self._slots.release()

    def _iterate(self, pieces: Iterator[Any]) -> None:
        for piece in pieces:
            if not self._put("piece", piece):
                break
        if close := getattr(pieces, "close", None):
            close()

    def _put(self, kind: "_ItemKind", value: Any) -> bool:
        """Hand it over; False when nobody listens any more."""
        if not self._stopped.is_set():
            asyncio.run_coroutine_threadsafe(self._queue.put((kind, value)), self._loop).result()
        return not self._stopped.is_set()
