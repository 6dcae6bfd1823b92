"""A prototype's function, in the shapes people write them."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from frontdesk.adapters.models.python_chat import PythonChatModel, load_function
from frontdesk.domain.errors import (
    ConfigError,
    DependencyError,
    MalformedReplyError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from frontdesk.domain.release import ModelRoute
from frontdesk.ports.models import ChatRequest, ChatTurn, TextDelta

REQUEST = ChatRequest(
    purpose="answer",
    instructions="Be kind.",
    history=(ChatTurn(role="customer", text="Hi"), ChatTurn(role="operator", text="Hello")),
    question="Is it free?",
    language="en",
)


async def text_of(function: Callable[..., Any]) -> str:
    events = PythonChatModel(function, name="bot:answer").stream(REQUEST)
    return "".join([event.text async for event in events if isinstance(event, TextDelta)])


def plain(question: str) -> str:
    return f"{question} Yes."


def with_history(message: str, chat_history: list[dict[str, str]]) -> str:
    return f"{message} {[turn['role'] for turn in chat_history]}"


def with_request(request: dict[str, Any]) -> str:
    return f"{request['question']} {request['language']} {len(request['passages'])}"


def with_names(passages: list[dict[str, str]], *, question: str, language: str) -> str:
    return f"{question} {language} {passages}"


def with_defaults(query: str, temperature: float = 0.3, **settings: object) -> str:
    return f"{query} {temperature} {settings}"


def yielding(question: str) -> Iterator[str]:
    yield from ("It ", "is ", "free.")


async def awaited(question: str) -> str:
    await asyncio.sleep(0)
    return "It is free."


async def streamed(question: str) -> AsyncIterator[str]:
    yield "It "
    await asyncio.sleep(0)
    yield "is free."


class Bot:
    def answer(self, question: str) -> str:
        return f"Bot: {question}"

    def __call__(self, question: str) -> str:
        return f"Called: {question}"


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (plain, "Is it free? Yes."),
        (with_history, "Is it free? ['user', 'assistant']"),
        (with_request, "Is it free? en 0"),
        (with_names, "Is it free? en []"),
        (with_defaults, "Is it free? 0.3 {}"),
        (yielding, "It is free."),
        (awaited, "It is free."),
        (streamed, "It is free."),
        (Bot().answer, "Bot: Is it free?"),
        (Bot(), "Called: Is it free?"),
        (lambda *args: str(args), "('Is it free?',)"),
        (lambda question: None, ""),
    ],
)
async def test_functions_of_many_shapes_are_called_with_what_they_ask_for(
    function: Callable[..., Any], text: str
) -> None:
    assert await text_of(function) == text


async def test_a_blocking_function_does_not_block_the_loop() -> None:
    def slow(question: str) -> str:
        time.sleep(0.05)
        return threading.current_thread().name

    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.005)

    ticking = asyncio.create_task(tick())
    assert await text_of(slow) != threading.main_thread().name
    ticking.cancel()
    assert ticks > 3


async def test_a_stream_is_consumed_no_further_than_it_is_read() -> None:
    made: list[int] = []
    is_over = threading.Event()

    def endless(question: str) -> Iterator[str]:
        try:
            for number in range(1000):
                made.append(number)
                yield f"{number} "
        finally:
            is_over.set()

    events = PythonChatModel(endless, name="bot:endless").stream(REQUEST)
    assert await anext(events) == TextDelta(text="0 ")
    await events.aclose()  # type: ignore[attr-defined]
    assert await asyncio.to_thread(is_over.wait, 2)
    assert len(made) <= 4


async def test_a_generator_runs_in_one_thread_from_start_to_end() -> None:
    def thread_of(question: str) -> Iterator[str]:
        for _ in range(5):
            yield threading.current_thread().name + " "

    assert len(set((await text_of(thread_of)).split())) == 1


async def test_many_slow_calls_run_at_once() -> None:
    def slow(question: str) -> str:
        time.sleep(0.05)
        return "done"

    model = PythonChatModel(slow, name="bot:slow")

    async def one() -> None:
        async for _ in model.stream(REQUEST):
            pass

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(24)))
    assert time.perf_counter() - started < 0.6


async def test_a_function_that_hangs_is_busy_once_its_threads_are_taken() -> None:
    let_go = threading.Event()
    model = PythonChatModel(lambda question: let_go.wait(5) and "late", name="bot:stuck", threads=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await anext(model.stream(REQUEST))
    with pytest.raises(UnavailableError) as caught:
        await anext(model.stream(REQUEST))
    assert caught.value.data["code"] == "busy"
    let_go.set()


async def test_a_caller_that_gives_up_does_not_wait_for_a_blocking_function() -> None:
    let_go = threading.Event()

    def stuck(question: str) -> str:
        let_go.wait(5)
        return "late"

    started = time.perf_counter()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await text_of(stuck)
    assert time.perf_counter() - started < 1
    let_go.set()


async def test_what_it_raises_becomes_an_error_of_the_family() -> None:
    def broken(question: str) -> str:
        raise KeyError("index")

    def limited(question: str) -> str:
        raise RateLimitedError("later", retry_after_s=3.0)

    with capture_logs() as logs, pytest.raises(RejectedError) as caught:
        await text_of(broken)
    assert caught.value.data["code"] == "KeyError"
    assert [line["event"] for line in logs] == ["function_failed"]
    assert "index" not in caught.value.public_message
    with pytest.raises(RateLimitedError):
        await text_of(limited)


async def test_a_reply_that_is_no_text_is_malformed() -> None:
    with pytest.raises(MalformedReplyError):
        await text_of(lambda question: {"answer": "It is free."})


async def test_an_error_in_mid_stream_leaves_the_reply_without_an_end() -> None:
    def half(question: str) -> Iterator[str]:
        yield "It "
        raise RuntimeError("gone")

    events = PythonChatModel(half, name="bot:half").stream(REQUEST)
    assert await anext(events) == TextDelta(text="It ")
    with pytest.raises(DependencyError):
        await anext(events)


def test_a_function_is_loaded_from_beside_the_assistant_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "my_prototype.py").write_text("class Bot:\n    def answer(question):\n        return 'ok'\n")
    route = ModelRoute(name="mine", adapter="python", model="my_prototype:Bot.answer")
    assert PythonChatModel.load(route, folder=tmp_path).model == "my_prototype:Bot.answer"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere", "names no function"),
        ("no_such_module_here:answer", "cannot be imported"),
        ("json:answer", "has no function 'answer'"),
        ("json:decoder", "has no function 'decoder'"),
        ("colorsys:rgb_to_hls", "cannot be filled"),
    ],
)
def test_a_function_that_cannot_be_loaded_says_why_and_what_to_do(target: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_function(target, where="models.yaml: mine")
    (problem,) = caught.value.problems
    assert problem.where == "models.yaml: mine"
    assert message in problem.message
    assert problem.hint
