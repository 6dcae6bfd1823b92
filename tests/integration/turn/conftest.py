"""Every journey runs on both databases."""

import pytest


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of either kind."""
    return "sqlite://" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
