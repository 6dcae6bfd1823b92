"""Deployment settings: the only reader of the environment.

Every setting is a variable `FRONTDESK_<NAME>`. What can change an answer is not here but in the
assistant folder, where it is versioned.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from frontdesk.domain.errors import ConfigError, ConfigProblem

PREFIX = "FRONTDESK_"


def _default_model_dir() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "frontdesk" / "models"


class Settings(BaseModel):
    """Typed, validated, with a sentence of effect each; `frontdesk config show` prints them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the server listens on; 0 takes a free one.")
    data_dir: Path = Field(
        Path(".frontdesk"), description="Folder for the database, the snapshots and the embedding cache."
    )
    assistant_dir: Path = Field(
        Path("assistant"), description="The assistant folder: everything that can change an answer."
    )
    database_url: SecretStr = Field(
        SecretStr(""), description="postgresql://… for several replicas; empty keeps SQLite in the data folder."
    )
    model_dir: Path = Field(
        default_factory=_default_model_dir, description="Where the built-in embedding model's ONNX file is kept."
    )
    embedder: Literal["builtin", "openai", "none"] = Field(
        "builtin",
        description="builtin (MiniLM, English first), openai (any compatible endpoint) or none (lexical search only).",
    )
    embedder_url: str = Field("", description="Base URL of the embedding endpoint, for embedder=openai.")
    embedder_model: str = Field("", description="Model of the embedding endpoint, for embedder=openai.")
    embedder_dimension: int = Field(384, ge=1, le=8192, description="Length of the vectors that endpoint gives.")
    embedder_usd_per_million: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="US dollars for a million tokens that the endpoint reads, where the price tables do not know it.",
    )
    embedder_key: SecretStr = Field(SecretStr(""), description="API key of the embedding endpoint.")
    embedder_threads: int = Field(2, ge=1, le=64, description="Texts that are embedded at the same time.")
    backoffice_url: str = Field(
        "",
        description="Where `simulator:backoffice` is, for one that `frontdesk simulate backoffice` runs; empty runs it beside the server.",
    )
    identity_keys: str = Field(
        "",
        description="Public keys that prove customers, `kid=path.pem, …`. Empty: everybody is anonymous.",
    )
    identity_audience: str = Field("frontdesk", description="The `aud` a customer's token must carry.")
    identity_issuer: str = Field("", description="The `iss` a customer's token must carry; empty accepts any.")
    demo: bool = Field(
        False,
        description="Whether whoever opens the pages may choose to be one of the customers in the assistant folder's visitors.yaml; on this machine only, and never beside identity keys.",
    )
    turn_deadline_s: float = Field(30.0, gt=0, le=600, description="Seconds within which every accepted message ends.")
    lease_s: float = Field(3.0, ge=1, le=60, description="Seconds after which a silent worker's turns are taken over.")
    max_running: int = Field(
        256, ge=1, le=10_000, description="Turns that one process works on at once; more of them wait."
    )
    max_wait_s: float = Field(
        2.0,
        gt=0,
        le=60,
        description="Seconds a message may wait before its answer is begun; beyond that its customer is told that it is kept.",
    )
    max_kept: int = Field(
        1000,
        ge=0,
        le=100_000,
        description="Messages kept for a quieter moment, of all processes together; beyond that the sender is asked to come again.",
    )
    proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="Proxies of one's own that stand before the server and add to X-Forwarded-For; 0 believes no such header.",
    )
    new_conversations_per_minute: int = Field(
        120,
        ge=0,
        le=1_000_000,
        description="Conversations that one address may begin in a minute; 0 sets no bound. This machine itself has none.",
    )
    uploads_per_minute: int = Field(
        60,
        ge=0,
        le=1_000_000,
        description="Files that one address may upload in a minute; 0 sets no bound. This machine itself has none.",
    )
    drain_s: float = Field(
        0.0,
        ge=0,
        le=120,
        description="Seconds the server goes on serving after SIGTERM while /readyz says draining: as long as a load balancer takes to notice.",
    )
    reader_patience_s: float = Field(
        30.0,
        ge=1,
        le=600,
        description="Seconds in which a reader that is behind must take 64 kB, and a request must have been asked; then the connection is dropped. Readers come back where they were.",
    )
    escalation_webhook: SecretStr = Field(
        SecretStr(""),
        description="URL that is told of every conversation waiting for a person; empty tells the log only.",
    )
    code_webhook: SecretStr = Field(
        SecretStr(""),
        description="URL that sends customers their one-time codes. Empty: the simulated back office's inbox where it runs, else a person takes over.",
    )
    allowed_origins: str = Field(
        "",
        description="Websites that may embed the chat, comma separated. Empty: pages on this machine while only this machine can reach the server, else none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe line that is logged."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="json lines, readable text, or text on a terminal only."
    )

    @field_validator("escalation_webhook", "code_webhook")
    @classmethod
    def _check_webhook(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value().strip()
        if url and not _is_web_address(url):
            raise ValueError("it must be a whole http:// or https:// address")
        return SecretStr(url)

    @property
    def effective_database_url(self) -> str:
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir.resolve() / 'frontdesk.db'}"


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings of the environment, with command-line overrides on top.

    Raises:
        ConfigError: every wrong or unknown variable, at once.
    """
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    problems: list[ConfigProblem] = []
    for name, value in source.items():
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key in Settings.model_fields:
            values[key] = value
        else:
            problems.append(ConfigProblem(where=name, message="There is no such setting.", hint=_closest(key)))
    values.update({key: value for key, value in overrides.items() if value is not None})
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [
            ConfigProblem(where=PREFIX + str(item["loc"][0]).upper(), message=f"{item['msg']}.")
            for item in error.errors()
        ]
        raise ConfigError(problems) from None
    if problems:
        raise ConfigError(problems)
    return settings


def read_secret(name: str, environ: Mapping[str, str] | None = None) -> str:
    """The value of a variable that models.yaml names as `api_key_env`; empty when it is not set."""
    return (os.environ if environ is None else environ).get(name, "")


def describe_settings(settings: Settings, environ: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """Name, value (secrets masked), origin and effect of every setting."""
    source = os.environ if environ is None else environ
    rows = []
    for key, field in Settings.model_fields.items():
        name = PREFIX + key.upper()
        value = getattr(settings, key)
        shown = ("********" if value.get_secret_value() else "") if isinstance(value, SecretStr) else str(value)
        is_default = key not in settings.model_fields_set
        origin = "default" if is_default else "environment" if name in source else "command line"
        rows.append({"name": name, "value": shown, "origin": origin, "effect": field.description or ""})
    return rows


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port or an IPv6 address that is none
        return False
    return parts.scheme in {"http", "https"} and has_place and url.isprintable() and " " not in url


def _closest(key: str) -> str:
    match = difflib.get_close_matches(key, Settings.model_fields, n=1)
    return f"Did you mean {PREFIX}{match[0].upper()}?" if match else "See `frontdesk config show`."
