"""Release content: everything that can change an answer, as values.

These classes are the schema of the assistant folder: `frontdesk.releases.folder` validates the YAML
against them, and the published JSON Schemas are generated from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from frontdesk.domain.connector_source import ConnectorSource
from frontdesk.domain.ids import ReleaseId, SnapshotId
from frontdesk.domain.localised import Channel, Localised
from frontdesk.domain.safety import FindingKind, GuardAction
from frontdesk.domain.workflow import Workflow
from frontdesk.domain.workflow_texts import WorkflowTexts
from frontdesk.domain.write_back import WriteBack

BUSY: Localised = {
    "en": "Many people are writing at this moment. Your message is kept, and the answer will appear here. You can also "
    "ask for a person.",
    "es": "En este momento escribe mucha gente. Tu mensaje está guardado y la respuesta aparecerá aquí. También puedes "
    "pedir que te atienda una persona.",
    "de": "Gerade schreiben sehr viele Menschen. Deine Nachricht ist gespeichert, die Antwort erscheint hier. Du kannst "
    "auch um einen Menschen bitten.",
}

FILE_ARRIVED: Localised = {
    "en": "I have received what you sent. I can't look inside files, so please tell me in words what it is about. "
    "Should a person take over, they can see it.",
    "es": "He recibido lo que enviaste. No puedo mirar dentro de los archivos, así que dime con palabras de qué se "
    "trata. Si más tarde te atiende una persona, podrá verlo.",
    "de": "Was du geschickt hast, ist angekommen. In Dateien kann ich nicht hineinsehen, schreib mir also bitte kurz, "
    "worum es geht. Sollte ein Mensch übernehmen, kann er es sehen.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantTexts:
    """What the assistant says in its own words. `{name}` and `{organisation}` are filled in."""

    notice: Localised
    """Shown before the first answer: this is a machine."""
    greeting: Localised
    """The first words of a conversation."""
    lead_in: Localised
    """Before quoted sentences, when no language model writes the answer."""
    unknown: Localised
    """The honest 'I don't know', with the offer to bring in a person."""
    clarify: Localised
    """Asks for the missing part of an ambiguous question."""
    blocked: Localised
    """After a message the guards do not let through."""
    failed: Localised
    """After a failure; a case is open."""
    disclaimer: Localised
    """Before an answer on a topic whose policy is `disclaim`."""
    handed_over: Localised
    """What happens next once a person was asked for."""
    partial: Localised
    """After an answer of which unsupported parts were withheld."""
    stages: Mapping[str, Localised] = field(default_factory=dict)
    """Short labels for `turn.stage`: retrieve, generate, ground."""
    file_arrived: Localised = field(default_factory=lambda: FILE_ARRIVED)
    """After a message that is nothing but files, which the assistant cannot read: asks what it is about. There are
    words for English, Spanish and German."""
    busy: Localised = field(default_factory=lambda: BUSY)
    """While a kept message waits for its turn in a rush. There are words for English, Spanish and German."""
    workflow: WorkflowTexts = field(default_factory=WorkflowTexts)
    """What is said around the questions of workflows."""


Streaming = Literal["confirmed", "provisional"]
NewMessage = Literal["enqueue", "interrupt", "merge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """How the assistant behaves in one channel."""

    streaming: Streaming = "confirmed"
    """`confirmed` shows checked text only; `provisional` shows guarded text at once, marked as unconfirmed, and
    confirms or withdraws it."""
    new_message: NewMessage = "enqueue"
    """What a message does that arrives while an earlier one is being answered: `enqueue` answers both in their order,
    `interrupt` drops the earlier answer, and `merge` answers both messages as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantProfile:
    """assistant.yaml"""

    name: str
    """What the assistant is called."""
    organisation: str
    """Whom it speaks for."""
    voice: str
    """How it speaks; becomes part of the instructions to a model."""
    languages: tuple[str, ...]
    """ISO 639-1 codes of the languages it has words for."""
    default_language: str
    """One of `languages`; used where a text is missing and where a message is too short to tell."""
    texts: AssistantTexts
    """What it says in its own words."""
    starters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Questions that are offered before the first message, per language; at most five are shown."""
    channels: Mapping[Channel, ChannelSettings] = field(default_factory=dict)
    """Settings of single channels; one that is not named has the defaults."""
    timezone: str = "UTC"
    """Where the business is, such as `Europe/Berlin`: "today" and "tomorrow" in workflows are seen from there."""

    @property
    def zone(self) -> tzinfo:
        return UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)

    def settings_of(self, channel: str) -> ChannelSettings:
        """How it behaves in a channel."""
        return next((settings for name, settings in self.channels.items() if name == channel), ChannelSettings())


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A purpose that messages are matched to by example."""

    name: str
    """Names it in traces, and in `queues` of escalation.yaml."""
    route: Literal["knowledge", "small_talk", "clarify", "human", "refuse"]
    """Where its messages go: to the documents, a prepared reply, a question back, a person, or a refusal."""
    examples: tuple[str, ...]
    """As customers write them, in any of the assistant's languages."""
    reply: Localised = field(default_factory=dict)
    """For small talk, clarification and refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A subject the knowledge does not cover, and what to do about it."""

    name: str
    """Names it in traces, and in `queues` of escalation.yaml."""
    policy: Literal["escalate", "disclaim", "refuse"]
    """Bring in a person, answer after a disclaimer, or decline."""
    examples: tuple[str, ...]
    """As customers ask about it, in any of the assistant's languages."""
    reply: Localised = field(default_factory=dict)
    """Said in place of the assistant's own text for this policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingPolicy:
    """intents.yaml and topics.yaml"""

    intents: tuple[Intent, ...] = ()
    """Purposes with a road of their own."""
    topics: tuple[Topic, ...] = ()
    """Subjects that are known not to be covered."""
    uncovered: Literal["escalate", "disclaim", "refuse"] = "refuse"
    """For questions the knowledge does not answer and no topic names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPolicy:
    """guards.yaml"""

    inbound: Mapping[FindingKind, GuardAction]
    """What happens to a customer's message in which something is found; a kind that is not named is allowed."""
    outbound: Mapping[FindingKind, GuardAction]
    """The same for what the assistant is about to say."""
    allowed_hosts: tuple[str, ...] = ()
    """Links to these hosts and their subdomains may be shown; the hosts of cited documents may always."""
    allowed_personal_data: tuple[str, ...] = ()
    """The company's own addresses and numbers, which answers may contain."""
    inbound_rules: Mapping[str, GuardAction] = field(default_factory=dict)
    """Actions for single rules of a kind, for example `payment_card: mask` where the kind is allowed."""
    outbound_rules: Mapping[str, GuardAction] = field(default_factory=dict)
    """The same for what the assistant is about to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSettings:
    """retrieval.yaml"""

    lexical_limit: int = 50
    """Candidates taken from the lexical leg."""
    dense_limit: int = 50
    """Candidates taken from the dense leg."""
    dense_weight: Mapping[str, float] = field(default_factory=lambda: {"en": 0.6})
    """Per ISO 639-1 language, 0 (lexical only) to 1; 0 for a language not named. Measured in bench/fusion."""
    passages: int = 5
    """How many passages a turn works with at most; those far below the best one are left out."""
    passage_tokens: int = 1600
    """Upper bound of the passages' tokens in a prompt."""
    answer_above: float = 0.5
    """Confidence from which an answer is attempted; docs/models/confidence.md shows what other values trade."""
    high_above: float = 0.75
    """Confidence from which it is called high."""
    synonyms: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    """Per ISO 639-1 language, groups of words or short phrases that mean the same to this company's customers, such as
    `[rucksack, backpack]` or `[send back, give back, return]`. A question that uses one also finds the others. Endings
    and accents make no difference, and the words of a phrase may stand a little apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundingSettings:
    """Part of guards.yaml: how sure a claim must be."""

    withhold_above: float = 0.5
    """Risk from which a claim is withheld; 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePrice:
    """What a route costs, where the price tables do not know it or one's contract differs."""

    input_usd_per_million: float = 0.0
    """US dollars for a million tokens that are read."""
    output_usd_per_million: float = 0.0
    """US dollars for a million tokens that are written."""
    cached_usd_per_million: float | None = None
    """US dollars for a million tokens read from the vendor's cache; as `input_usd_per_million` where it is not set."""
    usd_per_hour: float = 0.0
    """US dollars for an hour of one's own server; a request costs its seconds, shared by `max_concurrency`."""


Capability = Literal["system", "stream", "json", "usage_each_chunk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRoute:
    """One rung of the ladder in models.yaml."""

    name: str
    """Names the rung in messages."""
    adapter: Literal["openai", "anthropic", "python", "extractive"]
    """Which kind of server or function it is."""
    model: str = ""
    """Pinned model name; for `python`, `module:function`."""
    base_url: str = ""
    """Where the server is, with its version path, such as `https://api.example.com/v1`."""
    api_key_env: str = ""
    """Name of the environment variable that holds the key; empty when none is needed."""
    max_output_tokens: int = 400
    """Longest answer that is asked for."""
    temperature: float = 0.0
    """0 asks for the likeliest words."""
    first_byte_s: float = 2.0
    """Seconds until the first text; then the next rung is asked."""
    idle_s: float = 4.0
    """Longest silence between two pieces of text."""
    total_s: float = 20.0
    """Seconds for the whole answer."""
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """Passed to the vendor as they are."""
    capabilities: tuple[Capability, ...] = ("system", "stream", "json")
    """What the server can do: take instructions apart from messages, stream, keep to a JSON schema, and count tokens
    in every piece of a stream. A request that needs more goes to the next rung."""
    context_tokens: int = 0
    """Tokens that a request and its reply may have together; 0 where it is not known."""
    reports_as: str = ""
    """The name the server reports where it is not `model`; any other one is noted for the people in charge."""
    price: RoutePrice | None = None
    """What it costs; the price tables are asked where it is not set."""
    max_concurrency: int = 0
    """Requests at the same time, of this process; 0 sets no bound."""
    reserved_for_answers: int = 0
    """How many of those only answers may use; rewriting, summaries and judging leave them free."""
    requests_per_minute: int = 0
    """The vendor's own limit, kept here so that it is not run into; 0 where there is none."""
    tokens_per_minute: int = 0
    """The vendor's own limit of tokens read and written; 0 where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """`budget` of models.yaml: what may be spent, in US dollars; a ceiling that is not set does not hold.

    Long before a ceiling is reached the assistant grows thrifty: a smaller model, then a shorter context, then
    quotations, which cost nothing.
    """

    per_turn_usd: float | None = None
    """For one answer with everything around it."""
    per_conversation_usd: float | None = None
    """For all answers of one conversation."""
    per_customer_day_usd: float | None = None
    """For one proved customer, or one conversation of somebody unknown, on one day (UTC)."""
    per_day_usd: float | None = None
    """For everything on one day (UTC)."""
    per_month_usd: float | None = None
    """For everything in one month (UTC)."""
    small_from: float = 0.7
    """Share of a ceiling from which `small_answer` writes."""
    short_from: float = 0.85
    """Share from which half of the passages and little of the history is sent."""
    extractive_from: float = 0.95
    """Share from which passages are quoted and no vendor is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCacheSettings:
    """`cache` of models.yaml: the same question of people who may see the same is answered from memory."""

    entries: int = 2000
    """Answers that are kept by each process, about 20 kB each; 0 keeps none."""
    keep_s: float = 3600.0
    """Seconds after which an answer is written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRoutes:
    """models.yaml: first rung first; `extractive` is always the last rung of `answer`."""

    answer: tuple[ModelRoute, ...]
    """The ladder that writes answers. An entry of any ladder is a rung, or the name of a rung that is described elsewhere
    in the file, or of another ladder, which is put in its place. One entry need not be a list."""
    small_answer: tuple[ModelRoute, ...] = ()
    """A cheaper ladder, for when the budget runs low; `answer` goes on where there is none."""
    rewrite: tuple[ModelRoute, ...] = ()
    """Makes follow-up questions self-contained; heuristics do it where there is none."""
    summary: tuple[ModelRoute, ...] = ()
    """Writes the summary of earlier messages; they are shortened by rule where there is none."""
    judge: tuple[ModelRoute, ...] = ()
    """Reads doubtful sentences a second time, and can only withhold them; none are read where there is none."""
    command: tuple[ModelRoute, ...] = ()
    """Proposes what a message means for a workflow where the rules are not certain; proposals are held against the rules,
    and none can confirm anything. Rules decide alone where there is none."""
    history_tokens: int = 1200
    """Earlier messages beyond this budget are summarised."""
    hedge_share: float = 0.05
    """Share of answers for which the next vendor may be asked while the first is unusually slow; 0 never does."""
    budget: Ceilings = field(default_factory=Ceilings)
    """What may be spent."""
    cache: AnswerCacheSettings = field(default_factory=AnswerCacheSettings)
    """Answers that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """escalation.yaml"""

    queue: str = "general"
    """Where people take conversations from."""
    queues: Mapping[str, str] = field(default_factory=dict)
    """Queue per topic or intent."""
    uncertain_after: int = 3
    """Unanswered questions in a row after which a person is brought in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeSource:
    """One folder in knowledge.yaml."""

    name: str
    """Names it in reports."""
    folder: str
    """Relative to the assistant folder, or absolute."""
    language: str = ""
    """ISO 639-1 of documents that do not say; empty detects it."""
    audience: str = "public"
    """Who may see documents that do not say."""
    owner: str = ""
    """Who looks after documents that do not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeSettings:
    """knowledge.yaml"""

    sources: tuple[KnowledgeSource, ...]
    """The folders that documents are read from."""
    chunk_tokens: int = 220
    """Upper bound per chunk, breadcrumb included; the embedder reads 256."""
    max_document_bytes: int = 2_000_000
    """Larger files are quarantined unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """prompts/*.md"""

    answer: str
    """Instructions to the model that writes answers."""
    rewrite: str
    """Instructions to the model that makes follow-up questions self-contained."""
    summary: str
    """Instructions to the model that summarises long conversations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantContent:
    """A whole assistant folder, validated."""

    profile: AssistantProfile
    prompts: Prompts
    models: ModelRoutes
    knowledge: KnowledgeSettings
    retrieval: RetrievalSettings
    guards: GuardPolicy
    grounding: GroundingSettings
    routing: RoutingPolicy
    escalation: EscalationPolicy
    connectors: tuple[ConnectorSource, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    write_back: WriteBack | None = None
    """How conversations are written into the customer's record; None where they aren't."""


Component = Literal["assistant", "prompts", "models", "knowledge", "retrieval", "guards", "workflows", "escalation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseManifest:
    """Digests of everything that can change an answer; its id is the hash of the manifest."""

    release_id: ReleaseId
    components: Mapping[Component, str]
    """sha256 per component."""
    snapshot_id: SnapshotId
    composed_at: datetime
