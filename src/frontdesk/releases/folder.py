"""Reads an assistant folder: YAML and prompts become values, or every mistake is listed with its line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

from pydantic import ConfigDict, TypeAdapter

from frontdesk.domain.connector_source import operations_of
from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.domain.release import (
    AnswerCacheSettings,
    AssistantContent,
    AssistantProfile,
    AssistantTexts,
    Ceilings,
    ChannelSettings,
    EscalationPolicy,
    GroundingSettings,
    GuardPolicy,
    Intent,
    KnowledgeSettings,
    KnowledgeSource,
    ModelRoute,
    ModelRoutes,
    Prompts,
    RetrievalSettings,
    RoutePrice,
    RoutingPolicy,
    Topic,
)
from frontdesk.domain.workflow import Workflow
from frontdesk.domain.workflow_texts import WorkflowTexts
from frontdesk.releases.connectors_entries import SCHEMAS as CONNECTOR_SCHEMAS
from frontdesk.releases.connectors_entries import ConnectorsFile
from frontdesk.releases.connectors_file import resolve_connectors
from frontdesk.releases.models_file import ModelsFile, resolve_models
from frontdesk.releases.workflow_tests_file import ScenariosFile
from frontdesk.releases.workflows_entries import WorkflowFile
from frontdesk.releases.workflows_file import find_workflows
from frontdesk.releases.write_back_file import WriteBackFile, read_write_back
from frontdesk.releases.yaml_files import MAX_FILE_BYTES, YamlFile, read_text, read_yaml
from frontdesk.text.tokens import content_stems

MIN_SYNONYMS = 2
MAX_STARTER_CHARS = 120
"""It has to fit on a button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentsFile:
    """intents.yaml"""

    intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicsFile:
    """topics.yaml"""

    uncovered: Literal["escalate", "disclaim", "refuse"] = "refuse"
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardsFile(GuardPolicy):
    """guards.yaml: the guard policy, and how sure a claim must be."""

    grounding: GroundingSettings = field(default_factory=GroundingSettings)


FILES: Mapping[str, Any] = {
    "assistant.yaml": AssistantProfile,
    "models.yaml": ModelRoutes,
    "knowledge.yaml": KnowledgeSettings,
    "retrieval.yaml": RetrievalSettings,
    "guards.yaml": GuardsFile,
    "intents.yaml": IntentsFile,
    "topics.yaml": TopicsFile,
    "escalation.yaml": EscalationPolicy,
    "connectors.yaml": ConnectorsFile,
    "write_back.yaml": WriteBackFile,
}
"""Every YAML file of an assistant folder and the type that is its schema."""

MANY_FILES: Mapping[str, Any] = {
    "workflows/NAME.yaml": WorkflowFile,
    "workflows/tests/NAME.yaml": ScenariosFile,
}
"""Files of which there may be any number, and the types that are their schemas."""

_SCHEMAS: tuple[Any, ...] = (
    *FILES.values(),
    AnswerCacheSettings,
    AssistantTexts,
    Ceilings,
    ChannelSettings,
    GroundingSettings,
    Intent,
    KnowledgeSource,
    ModelRoute,
    ModelsFile,
    RoutePrice,
    Topic,
    WorkflowTexts,
)
for _schema in _SCHEMAS:  # a typing slip in a name must not be ignored
    _schema.__pydantic_config__ = ConfigDict(extra="forbid")
_KNOWN = {name for part in (*_SCHEMAS, *CONNECTOR_SCHEMAS) for name in part.__dataclass_fields__}

_AS_WRITTEN: Mapping[str, Any] = {"models.yaml": ModelsFile, "connectors.yaml": ConnectorsFile}
"""Files that may be written in more ways than their type, which is what is made of them."""
_RESOLVE: Mapping[str, Callable[[YamlFile], tuple[Any, list[ConfigProblem]]]] = {
    "models.yaml": resolve_models,
    "connectors.yaml": resolve_connectors,
}
_OPTIONAL = {"retrieval.yaml", "intents.yaml", "topics.yaml", "escalation.yaml", "connectors.yaml"}
_OPTIONAL_TEXTS = {"stages", "file_arrived", "workflow"}
_PROMPTS = ("answer", "rewrite", "summary")

__all__ = ["FILES", "MANY_FILES", "MAX_FILE_BYTES", "json_schema", "read_assistant"]


def read_assistant(folder: Path) -> AssistantContent:
    """The folder's content, validated.

    Raises:
        ConfigError: every problem of every file, each as `file:line`.
    """
    if not folder.is_dir():
        raise ConfigError(
            [
                ConfigProblem(
                    where=str(folder),
                    message="There is no assistant folder here.",
                    hint="`frontdesk init` makes one; FRONTDESK_ASSISTANT_DIR names another.",
                )
            ]
        )
    problems: list[ConfigProblem] = []
    parts = {
        name: _read_file(folder / name, kind, problems) for name, kind in FILES.items() if kind is not WriteBackFile
    }
    prompts = {name: _read_prompt(folder / "prompts" / f"{name}.md", problems) for name in _PROMPTS}
    workflows = _read_workflows(folder, parts, problems)
    sources = parts["connectors.yaml"]
    write_back = read_write_back(folder, None if sources is None else operations_of(sources), problems)
    if problems:
        raise ConfigError(problems)
    guards: GuardsFile = parts["guards.yaml"]
    topics: TopicsFile = parts["topics.yaml"]
    routing = RoutingPolicy(
        intents=parts["intents.yaml"].intents,
        topics=topics.topics,
        uncovered=topics.uncovered,
    )
    content = AssistantContent(
        profile=parts["assistant.yaml"],
        prompts=Prompts(**prompts),
        models=parts["models.yaml"],
        knowledge=parts["knowledge.yaml"],
        retrieval=parts["retrieval.yaml"],
        guards=guards,
        grounding=guards.grounding,
        routing=routing,
        escalation=parts["escalation.yaml"],
        connectors=parts["connectors.yaml"],
        workflows=workflows,
        write_back=write_back,
    )
    problems = list(_cross_checks(folder, content))
    if problems:
        raise ConfigError(problems)
    return content


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one file, for editors. Raises: KeyError for a name in neither `FILES` nor `MANY_FILES`."""
    result = TypeAdapter(_AS_WRITTEN.get(name, {**FILES, **MANY_FILES}[name])).json_schema()
    result["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return result


def _read_file(path: Path, kind: Any, problems: list[ConfigProblem]) -> Any:
    """The file as a value of its type; None, and at least one problem more, where it is not."""
    if not path.exists() and path.name in _OPTIONAL:
        return () if kind is ConnectorsFile else kind()
    try:
        written = _AS_WRITTEN.get(path.name, kind)
        file = read_yaml(path, written, problems, known=_KNOWN | set(kind.__dataclass_fields__))
    except FileNotFoundError:
        problems.append(
            ConfigProblem(where=str(path), message="The file is missing.", hint="`frontdesk init` writes one.")
        )
        return None
    if file is None or path.name not in _AS_WRITTEN:
        return file.value if file else None
    value, found = _RESOLVE[path.name](file)
    problems.extend(found)
    return value


def _read_workflows(folder: Path, parts: Mapping[str, Any], problems: list[ConfigProblem]) -> tuple[Workflow, ...]:
    """The workflows, checked against the systems they call as far as those could be read."""
    profile, sources = parts["assistant.yaml"], parts["connectors.yaml"]
    operations = None if sources is None else operations_of(sources)
    is_spoken = profile is not None and profile.default_language in profile.languages
    default = profile.default_language if is_spoken else "en"  # one that isn't spoken is told of once, elsewhere
    found, mistakes = find_workflows(folder, operations=operations, default_language=default)
    problems.extend(mistakes)
    return found


def _read_prompt(path: Path, problems: list[ConfigProblem]) -> str:
    try:
        text = read_text(path).strip()
    except FileNotFoundError:
        problems.append(
            ConfigProblem(where=str(path), message="The prompt is missing.", hint="`frontdesk init` writes one.")
        )
        return ""
    except (OSError, ValueError) as error:
        problems.append(ConfigProblem(where=str(path), message=str(error)))
        return ""
    if not text:
        problems.append(ConfigProblem(where=str(path), message="The prompt is empty."))
    return text


def _cross_checks(folder: Path, content: AssistantContent) -> Iterator[ConfigProblem]:
    """What no single value can get wrong on its own."""
    yield from _check_profile(folder / "assistant.yaml", content.profile)
    yield from _check_starters(folder / "assistant.yaml", content.profile)
    default = content.profile.default_language
    yield from _check_examples(folder / "intents.yaml", content.routing.intents)
    yield from _check_examples(folder / "topics.yaml", content.routing.topics)
    for intent in content.routing.intents:
        if intent.route in ("small_talk", "refuse") and not intent.reply.get(default):
            message = f"`{intent.name}` needs a `reply` in '{default}'."
            yield ConfigProblem(where=str(folder / "intents.yaml"), message=message)
    yield from _check_synonyms(folder / "retrieval.yaml", content.retrieval.synonyms)
    for source in content.knowledge.sources:
        if not (folder / source.folder).is_dir():
            message = f"The folder `{source.folder}` of `{source.name}` is not there."
            yield ConfigProblem(where=str(folder / "knowledge.yaml"), message=message)


def _check_profile(path: Path, profile: AssistantProfile) -> Iterator[ConfigProblem]:
    default = profile.default_language
    if default not in profile.languages:
        yield ConfigProblem(where=str(path), message="`default_language` must be one of `languages`.")
    if profile.timezone not in available_timezones() | {"UTC"}:
        hint = "Write it as `Europe/Berlin`, from the IANA database."
        message = f"`timezone`: there is no time zone `{profile.timezone}`."
        yield ConfigProblem(where=str(path), message=message, hint=hint)
    for name in type(profile.texts).__dataclass_fields__:
        if name not in _OPTIONAL_TEXTS and not getattr(profile.texts, name).get(default):
            yield ConfigProblem(
                where=str(path), message=f"`texts.{name}` has nothing in the default language '{default}'."
            )


def _check_starters(path: Path, profile: AssistantProfile) -> Iterator[ConfigProblem]:
    for language, questions in profile.starters.items():
        where = f"`starters.{language}`"
        if language not in profile.languages:
            yield ConfigProblem(where=str(path), message=f"{where}: this is none of the assistant's `languages`.")
        if any(not question.strip() or len(question) > MAX_STARTER_CHARS for question in questions):
            message = f"{where}: a question has 1 to {MAX_STARTER_CHARS} characters."
            yield ConfigProblem(where=str(path), message=message)


def _check_synonyms(path: Path, synonyms: Mapping[str, Sequence[Sequence[str]]]) -> Iterator[ConfigProblem]:
    for language, groups in synonyms.items():
        if not (len(language) == 2 and language.isascii() and language.islower()):
            yield ConfigProblem(
                where=str(path), message=f"`synonyms.{language}`: this is no language code such as `en`."
            )
            continue
        for number, group in enumerate(groups):
            where = f"`synonyms.{language}.{number}`"
            empty = [phrase for phrase in group if not content_stems(phrase, language)]
            if empty:
                message = f"{where}: `{empty[0]}` has no word that is compared, only function words."
                yield ConfigProblem(where=str(path), message=message)
            elif len(group) < MIN_SYNONYMS:
                message = f"{where} needs at least two that mean the same."
                yield ConfigProblem(where=str(path), message=message)


def _check_examples(path: Path, groups: Sequence[Intent | Topic]) -> Iterator[ConfigProblem]:
    names = [group.name for group in groups]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield ConfigProblem(where=str(path), message=f"`{name}` is defined twice.")
    for group in groups:
        if not group.examples:
            yield ConfigProblem(where=str(path), message=f"`{group.name}` needs at least one example.")
