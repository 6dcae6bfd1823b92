"""Ladders as they are opened from models.yaml."""

from pathlib import Path

import httpx
import pytest

from frontdesk.bootstrap.release import open_ladders
from frontdesk.domain.errors import ConfigError
from frontdesk.domain.release import ModelRoute, ModelRoutes
from frontdesk.settings import Settings


def a_route(name: str, **fields: str) -> ModelRoute:
    return ModelRoute(name=name, adapter="openai", model=name, base_url="http://vendor.test/v1", **fields)  # type: ignore[arg-type]


def opened(folder: Path, models: ModelRoutes) -> dict[str, list[str]]:
    settings = Settings(assistant_dir=folder, data_dir=folder)  # type: ignore[call-arg]
    ladders = open_ladders(settings, models, None, httpx.AsyncClient())
    return {purpose: [rung.route.name for rung in ladder] for purpose, ladder in ladders.items()}


def test_every_purpose_has_its_ladder_and_quoting_is_the_end_of_answering(tmp_path: Path) -> None:
    main, small = a_route("main"), a_route("small")
    models = ModelRoutes(
        answer=(main, small), small_answer=(small,), rewrite=(small,), judge=(small, main), command=(main,)
    )
    assert opened(tmp_path, models) == {
        "answer": ["main", "small", "quotes"],
        "small_answer": ["small"],
        "rewrite": ["small"],
        "summary": [],
        "judge": ["small", "main"],
        "command": ["main"],
    }


def test_a_rung_of_several_ladders_is_opened_once(tmp_path: Path) -> None:
    main = a_route("main")
    settings = Settings(assistant_dir=tmp_path, data_dir=tmp_path)  # type: ignore[call-arg]
    models = ModelRoutes(answer=(main,), summary=(main,))
    ladders = open_ladders(settings, models, None, httpx.AsyncClient())
    assert ladders["answer"][0] is ladders["summary"][0]


def test_a_key_that_is_not_set_is_named_whatever_the_ladder(tmp_path: Path) -> None:
    models = ModelRoutes(answer=(a_route("main"),), judge=(a_route("reader", api_key_env="NO_SUCH_KEY_ANYWHERE"),))
    with pytest.raises(ConfigError, match="NO_SUCH_KEY_ANYWHERE"):
        opened(tmp_path, models)
