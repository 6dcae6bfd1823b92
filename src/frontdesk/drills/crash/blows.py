"""What happens in the middle of a round: a server ends and comes back, or the database does."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Literal

from frontdesk.domain.errors import UnavailableError
from frontdesk.drills.crash.house import House, start_again
from frontdesk.drills.stage import RunningServer

Signal = Literal["kill", "term", "database"]
"""`kill`: a server without a farewell; `term`: servers in order, one after the other, as an update ends them;
`database`: PostgreSQL, by a command."""
Blow = Callable[[], Awaitable[None]]

_COMMAND_S = 120.0
_TAIL = 500


def next_blow(house: House, signal: Signal, *, number: int, random: Random, command: str) -> Blow:
    """
    Args:
        number: of the round, from 0.
        command: restarts the database.
    """
    if signal == "database":
        return lambda: run_command(command)
    if signal == "kill":
        return lambda: end_and_start(random.choice(house.servers), is_sudden=True)
    return lambda: end_and_start(house.servers[number % len(house.servers)], is_sudden=False)


async def end_and_start(server: RunningServer, *, is_sudden: bool) -> None:
    if is_sudden:
        await server.kill()
    else:
        await server.terminate()
    await start_again(server)


async def run_command(command: str) -> None:
    """Raises: UnavailableError: it failed, or took too long; what it said."""
    process = await asyncio.create_subprocess_shell(
        command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_COMMAND_S):
            _, said = await process.communicate()
    except TimeoutError as error:
        process.kill()
        raise UnavailableError(f"`{command}` took longer than {_COMMAND_S:.0f} s.") from error
    if process.returncode:
        raise UnavailableError(f"`{command}` failed: {said.decode(errors='replace')[-_TAIL:].strip()}")
