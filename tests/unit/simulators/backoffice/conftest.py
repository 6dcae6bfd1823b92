import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backoffice import TODAY, Shop, a_backoffice
from frontdesk.simulators.backoffice import BackofficeBehaviour
from frontdesk.simulators.backoffice.behaviour import Calendar
from frontdesk.simulators.backoffice.storage import open_storage


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as it is at its start; seeding it anew for every test takes long."""
    path = tmp_path_factory.mktemp("backoffice") / "shop.db"
    open_storage(BackofficeBehaviour(path=path), Calendar(TODAY)).close()
    return path


@pytest.fixture
async def shop(seeded: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    path = Path(shutil.copy(seeded, tmp_path))
    async with a_backoffice(BackofficeBehaviour(path=path, today=TODAY)) as made:
        yield made
