"""Deployment settings."""

from pathlib import Path

import pytest

from frontdesk.domain.errors import ConfigError
from frontdesk.settings import Settings, describe_settings, load_settings, read_secret


def test_defaults_need_no_environment() -> None:
    settings = load_settings({})

    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.effective_database_url.startswith("sqlite:///")


def test_the_command_line_wins_over_the_environment() -> None:
    settings = load_settings({"FRONTDESK_PORT": "9000", "FRONTDESK_HOST": "0.0.0.0"}, port=9001)

    assert (settings.host, settings.port) == ("0.0.0.0", 9001)


def test_lists_every_wrong_setting_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({"FRONTDESK_PORT": "many", "FRONTDESK_LEASE_S": "0", "FRONTDESK_DATADIR": "x"})

    problems = {problem.where: problem for problem in caught.value.problems}
    assert set(problems) == {"FRONTDESK_PORT", "FRONTDESK_LEASE_S", "FRONTDESK_DATADIR"}
    assert problems["FRONTDESK_DATADIR"].hint == "Did you mean FRONTDESK_DATA_DIR?"


def test_says_where_each_value_comes_from_and_masks_secrets() -> None:
    environ = {"FRONTDESK_DATABASE_URL": "postgresql://me:hunter2@db/frontdesk"}
    rows = {row["name"]: row for row in describe_settings(load_settings(environ, data_dir=Path("x")), environ)}

    assert rows["FRONTDESK_DATABASE_URL"] | {"effect": ""} == {
        "name": "FRONTDESK_DATABASE_URL",
        "value": "********",
        "origin": "environment",
        "effect": "",
    }
    assert rows["FRONTDESK_DATA_DIR"]["origin"] == "command line"
    assert rows["FRONTDESK_PORT"]["origin"] == "default"
    assert all(row["effect"] for row in rows.values())


def test_no_secret_shows_in_a_printed_settings_object() -> None:
    environ = {"FRONTDESK_EMBEDDER_KEY": "sk-very-secret", "FRONTDESK_ESCALATION_WEBHOOK": "https://x/very-secret"}

    assert "very-secret" not in repr(load_settings(environ))


def test_a_missing_secret_is_empty() -> None:
    assert read_secret("NOT_THERE", {}) == ""


def test_every_setting_says_what_it_does() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    "url", ["hooks.example/x", "ftp://hooks.example", "https://", "https:///x", "http://h:port/", "https://a b/"]
)
def test_a_webhook_that_no_notice_can_reach_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({"FRONTDESK_ESCALATION_WEBHOOK": url})

    (problem,) = caught.value.problems
    assert problem.where == "FRONTDESK_ESCALATION_WEBHOOK"
    assert problem.message.endswith("must be a whole http:// or https:// address.")


@pytest.mark.parametrize("url", ["", "  ", " https://hooks.example/x?token=1\n", "http://127.0.0.1:9000"])
def test_a_webhook_is_kept_without_the_space_around_it(url: str) -> None:
    settings = load_settings({"FRONTDESK_ESCALATION_WEBHOOK": url})

    assert settings.escalation_webhook.get_secret_value() == url.strip()
