"""Loops of the background outlive what goes wrong in them."""

import asyncio

import pytest

from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.turn.loops import forever


@pytest.mark.parametrize("error", [StoreUnavailableError("down"), ZeroDivisionError(), TimeoutError()])
async def test_a_step_that_raised_is_taken_again_after_a_pause(error: Exception) -> None:
    told: list[str] = []

    async def step() -> None:
        told.append("step")
        if told.count("step") < 3:
            raise error

    async def pause() -> None:
        told.append("pause")
        if told.count("pause") == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await forever("test", step, pause=pause)
    assert told == ["step", "pause"] * 3
