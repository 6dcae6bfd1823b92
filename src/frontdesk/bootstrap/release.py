"""An assistant folder and a snapshot become a release, opened and ready."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import httpx
import structlog

from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.identity import JwtIdentityVerifier
from frontdesk.adapters.models.anthropic_chat import AnthropicChatModel
from frontdesk.adapters.models.extractive import ExtractiveChatModel
from frontdesk.adapters.models.openai_chat import OpenAiChatModel
from frontdesk.adapters.models.prices import cost_usd, warm
from frontdesk.adapters.models.python_chat import PythonChatModel
from frontdesk.bootstrap.knowledge import open_snapshot
from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.domain.release import AssistantContent, ModelRoute, ModelRoutes
from frontdesk.ports.clock import Clock
from frontdesk.ports.connectors import Connector
from frontdesk.ports.identity import IdentityVerifier
from frontdesk.ports.models import ChatModel, Embedder
from frontdesk.releases import compose_manifest
from frontdesk.settings import Settings, read_secret
from frontdesk.text.hashing import content_hash
from frontdesk.turn.acting.understanding import Understanding
from frontdesk.turn.cache import AnswerCache
from frontdesk.turn.generation import Generator, Rung, SideJobs, Vendors, fill_prompt, prompt_values
from frontdesk.turn.generation.judge import INSTRUCTIONS, SCHEMA
from frontdesk.turn.grounding import Grounder
from frontdesk.turn.guards import Guard
from frontdesk.turn.retrieval import Retriever
from frontdesk.turn.routing import Router
from frontdesk.turn.serving import ServedRelease

log = structlog.get_logger()


def open_release(
    settings: Settings,
    content: AssistantContent,
    embedder: Embedder | None,
    *,
    client: httpx.AsyncClient,
    clock: Clock,
    vendors: Vendors,
    connectors: Mapping[str, Connector] | None = None,
) -> ServedRelease:
    """Compose a release of the assistant folder and the newest snapshot, with everything it pins opened.

    Raises:
        NotFoundError: there is no snapshot yet.
        ConfigError: a model route cannot be opened.
    """
    index = open_snapshot(settings)
    if embedder is not None and index.manifest.embedder != embedder.fingerprint:
        log.warning("snapshot_of_another_embedder", snapshot=index.manifest.embedder, embedder=embedder.fingerprint)
    guard = Guard(content.guards, protected=(content.prompts.answer,))
    profile = content.profile
    ladders = open_ladders(settings, content.models, embedder, client)
    jobs = _jobs(content, ladders, vendors)
    return ServedRelease(
        manifest=compose_manifest(content, index.manifest.snapshot_id, scorers=_scorers(guard), at=clock.now()),
        content=content,
        guard=guard,
        router=Router(
            content.routing,
            profile,
            content.escalation,
            embedder,
            dense_languages=_dense_languages(content),
        ),
        retriever=Retriever(index, embedder, content.retrieval),
        generator=Generator(
            ladders["answer"],
            small=ladders["small_answer"],
            vendors=vendors,
            price=cost_usd,
            hedge_share=content.models.hedge_share,
        ),
        jobs=jobs,
        grounder=Grounder(embedder, content.grounding),
        rungs=tuple(rung for ladder in ladders.values() for rung in ladder),
        cache=AnswerCache(content.models.cache, monotonic=clock.monotonic),
        connectors=connectors or {},
        workflows={workflow.name: workflow for workflow in content.workflows},
        understanding=open_understanding(content, embedder, jobs) if content.workflows else None,
    )


def open_understanding(content: AssistantContent, embedder: Embedder | None, jobs: SideJobs | None) -> Understanding:
    """Who reads customers' messages for the assistant's workflows."""
    return Understanding(
        content.workflows,
        content.profile,
        embedder,
        dense_languages=_dense_languages(content),
        synonyms=content.retrieval.synonyms,
        jobs=jobs,
    )


def _dense_languages(content: AssistantContent) -> frozenset[str]:
    return frozenset(language for language, weight in content.retrieval.dense_weight.items() if weight > 0)


def _scorers(guard: Guard) -> str:
    """Names every detector's version, every trained weight and the judge's instructions of this build."""
    versions = dict(guard.versions)
    for package, file in (("turn.grounding", "weights.json"), ("turn.retrieval", "confidence.json")):
        weights = files(f"frontdesk.{package}").joinpath(file).read_text(encoding="utf-8")
        versions[package] = content_hash([weights])[:12]
    versions["turn.generation.judge"] = content_hash([INSTRUCTIONS, json.dumps(SCHEMA, sort_keys=True)])[:12]
    return ",".join(f"{name}@{version}" for name, version in sorted(versions.items()))


def open_ladders(
    settings: Settings, models: ModelRoutes, embedder: Embedder | None, client: httpx.AsyncClient
) -> Mapping[str, list[Rung]]:
    """The ladder of each purpose, first rung first; quoting the passages is always the last of `answer`.

    Raises:
        ConfigError: a key or a function is missing.
    """
    answer = models.answer
    if not answer or answer[-1].adapter != "extractive":
        answer = (*answer, ModelRoute(name="quotes", adapter="extractive"))
    routes = {
        "answer": answer,
        "small_answer": models.small_answer,
        "rewrite": models.rewrite,
        "summary": models.summary,
        "judge": models.judge,
        "command": models.command,
    }
    if any(route.adapter in ("openai", "anthropic") for ladder in routes.values() for route in ladder):
        warm()
    by_name = {route.name: route for ladder in routes.values() for route in ladder}
    opened = {
        name: Rung(model=open_model(settings, route, embedder, client), route=route) for name, route in by_name.items()
    }
    return {purpose: [opened[route.name] for route in ladder] for purpose, ladder in routes.items()}


def _jobs(content: AssistantContent, ladders: Mapping[str, list[Rung]], vendors: Vendors) -> SideJobs:
    """Rewriting, summaries and second readings by models, where models.yaml names some."""
    values = prompt_values(content.profile, content.profile.default_language)
    return SideJobs(
        rewrite=ladders["rewrite"],
        summary=ladders["summary"],
        judge=ladders["judge"],
        command=ladders["command"],
        rewrite_prompt=fill_prompt(content.prompts.rewrite, values),
        summary_prompt=fill_prompt(content.prompts.summary, values),
        vendors=vendors,
        price=cost_usd,
    )


def open_model(
    settings: Settings, route: ModelRoute, embedder: Embedder | None, client: httpx.AsyncClient
) -> ChatModel:
    """The adapter a route names.

    Raises:
        ConfigError: its key is not set, or its function cannot be imported.
    """
    key = read_secret(route.api_key_env) if route.api_key_env else ""
    if route.api_key_env and not key:
        message = f"The route '{route.name}' needs the variable {route.api_key_env}, which is not set."
        raise ConfigError([ConfigProblem(where="models.yaml", message=message)])
    match route.adapter:
        case "openai":
            return OpenAiChatModel(client, route, api_key=key)
        case "anthropic":
            return AnthropicChatModel(client, route, api_key=key)
        case "python":
            return PythonChatModel.load(route, folder=settings.assistant_dir)
        case "extractive":
            return ExtractiveChatModel(embedder)


def open_identity(settings: Settings, clock: Clock | None = None) -> IdentityVerifier | None:
    """The verifier of customers' tokens; None when no key is configured.

    Raises:
        ConfigError: a key cannot be read.
    """
    keys: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in settings.identity_keys.split(","))):
        kid, _, path = pair.partition("=")
        try:
            keys[kid.strip()] = Path(path.strip()).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            problem = ConfigProblem(
                where="FRONTDESK_IDENTITY_KEYS", message=f"The key '{kid}' cannot be read: {error}."
            )
            raise ConfigError([problem]) from error
    if not keys:
        return None
    return JwtIdentityVerifier(
        keys=keys,
        audience=settings.identity_audience,
        issuer=settings.identity_issuer or None,
        clock=clock or SystemClock(),
    )


def open_ladder_offline(settings: Settings, content: AssistantContent) -> list[str]:
    """The names of the answer routes, once each could be opened; nothing is asked of any vendor.

    Raises:
        ConfigError: a key or a function is missing.
    """
    return [rung.route.name for rung in open_ladders(settings, content.models, None, httpx.AsyncClient())["answer"]]
