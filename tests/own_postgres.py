"""A PostgreSQL server that a test may stop and start under those who use it."""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPostgres:
    """Everything it acknowledges outlives its own death."""

    url: str
    port: int
    """On loopback."""
    _options: str
    _server: Any
    _control: Any

    async def restart(self) -> None:
        """As after a crash: nobody is asked, no connection is told, the log is replayed."""
        await self._run("restart")

    async def stop(self) -> None:
        await self._run("stop")

    async def start(self) -> None:
        await self._run("start")

    async def count(self, condition: str) -> int:
        """How many connections to it there are for which the condition holds."""
        connection = await asyncpg.connect(self.url)
        try:
            found: int = await connection.fetchval(f"SELECT count(*) FROM pg_stat_activity WHERE {condition}")
            return found
        finally:
            await connection.close()

    async def _run(self, verb: str) -> None:
        await asyncio.to_thread(self.run, verb)

    def run(self, verb: str) -> None:
        how = ("-o", self._options) if verb == "start" else ("-m", "immediate")
        where = ("-w", "-D", str(self._server.pgdata), "-l", str(self._server.log))
        self._control(
            "pg_ctl", (*where, *how, verb), bin_path=self._server.bin_path, user=self._server.system_user, timeout=60
        )
