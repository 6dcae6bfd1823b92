"""The tables, the same on SQLite and PostgreSQL.

Times are integer milliseconds since the Unix epoch, UTC; money is a decimal as text; wide values that are
never queried one by one are JSON text. What people wrote, and what was made of it, lies in `payloads` under
its conversation, a noun and that noun's number, so that it can be erased while everything else stays true.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _real(name: str, *, nullable: bool = False) -> Column[float]:
    return Column(name, Double, nullable=nullable)


def _of_conversation() -> Column[str]:
    return Column("conversation_id", Text, ForeignKey("conversations.conversation_id"), nullable=False)


customers = Table(
    "customers",
    metadata,
    Column("customer_id", Text, primary_key=True),
    _text("subject"),
    _number("created_at"),
    UniqueConstraint("subject"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("conversation_id", Text, primary_key=True),
    _text("channel"),
    _text("locale"),
    _text("status"),
    _text("token_hash"),
    Column("customer_id", Text, ForeignKey("customers.customer_id"), nullable=True, index=True),
    _text("subject", nullable=True),
    _text("audiences"),
    _text("proof"),
    _number("last_seq"),
    _number("last_position"),
    _number("last_turn"),
    _number("created_at"),
    _text("summary"),
    _number("summarised_until"),
    Column("updated_at", BigInteger, nullable=False, server_default="0"),
    Column("origin", Text, nullable=False, server_default="customer"),
    _text("forked_from", nullable=True),
    Index("ix_conversations_created_at", "created_at"),
    Index("ix_conversations_updated_at", "updated_at", "conversation_id"),
)
"""`last_seq`, `last_position` and `last_turn` number events, messages and turns; raising one locks the row.
`updated_at` is the time of the newest event."""
IS_FORK = text("forked_from IS NOT NULL")
Index("ix_conversations_forked_from", conversations.c.forked_from, sqlite_where=IS_FORK, postgresql_where=IS_FORK)

payloads = Table(
    "payloads",
    metadata,
    _of_conversation(),
    _text("noun"),
    _number("number"),
    _text("body", nullable=True),
    _number("erased_at", nullable=True),
    PrimaryKeyConstraint("conversation_id", "noun", "number"),
    CheckConstraint("noun IN ('event', 'message', 'turn')", name="noun"),
)
"""Personal bodies: `number` is an event's seq, a message's position, or a turn's number."""

messages = Table(
    "messages",
    metadata,
    Column("message_id", Text, primary_key=True),
    _of_conversation(),
    _number("position"),
    _text("turn_id", nullable=True),
    _text("role"),
    _text("language"),
    _number("at"),
    UniqueConstraint("conversation_id", "position"),
)

search_texts = Table(
    "search_texts",
    metadata,
    _of_conversation(),
    _number("position"),
    _text("body"),
    PrimaryKeyConstraint("conversation_id", "position"),
    sqlite_with_rowid=False,
)
"""What was said, without case and accents, close together: searching the payloads reads ten times as much. A row goes
when its message is erased."""

events = Table(
    "events",
    metadata,
    _of_conversation(),
    _number("seq"),
    _text("kind"),
    _text("turn_id", nullable=True),
    _number("at"),
    _text("data"),
    PrimaryKeyConstraint("conversation_id", "seq"),
)
"""`data` is the event's JSON with null in place of its personal fields."""

turns = Table(
    "turns",
    metadata,
    Column("turn_id", Text, primary_key=True),
    _of_conversation(),
    _number("number"),
    _text("message_id"),
    _text("idempotency_key"),
    _text("request_hash"),
    _text("state"),
    _text("outcome", nullable=True),
    _text("release_id"),
    _text("language"),
    _text("channel"),
    _text("lease_owner", nullable=True),
    _number("lease_until", nullable=True),
    _number("fence"),
    _number("accepted_at"),
    _number("deadline_at"),
    _number("ended_at", nullable=True),
    _number("last_seq"),
    _text("confidence", nullable=True),
    _text("degraded", nullable=True),
    _text("timings", nullable=True),
    _text("escalation_id", nullable=True),
    _text("escalation_reason", nullable=True),
    Column("lane", Text, nullable=False, server_default="normal"),
    Column("party", Text, nullable=False, server_default=""),
    _text("superseded_by", nullable=True),
    _number("started_at", nullable=True),
    _number("opened_at", nullable=True),
    Column("passed_on", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("conversation_id", "idempotency_key"),
    UniqueConstraint("conversation_id", "number"),
    CheckConstraint("state IN ('queued', 'running', 'ended')", name="state"),
    CheckConstraint("lane IN ('normal', 'kept')", name="lane"),
)
"""`party` is whom fairness counts it for; `kept` turns wait until nobody else does; `superseded_by` is the later turn
that took its place; `started_at` is when it was first worked on. `opened_at`, `started_at`, `deadline_at` and
`lease_until` are the database's own time; `accepted_at` and `ended_at` are that of the process."""
UNFINISHED = text("state <> 'ended'")
Index("ix_turns_unfinished", turns.c.accepted_at, sqlite_where=UNFINISHED, postgresql_where=UNFINISHED)
Index("ix_turns_ended_at", turns.c.ended_at)


def _of_turn(name: str, *columns: Column[str] | Column[int] | Column[float]) -> Table:
    """Rows of a turn in the order they came about, kept together on SQLite's pages."""
    return Table(
        name,
        metadata,
        Column("turn_id", Text, ForeignKey("turns.turn_id"), nullable=False),
        _number("position"),
        *columns,
        PrimaryKeyConstraint("turn_id", "position"),
        sqlite_with_rowid=False,
    )


citations = _of_turn(
    "citations",
    _text("marker"),
    _text("document_id"),
    _text("chunk_id"),
    _text("title"),
    _text("url"),
    _text("quote"),
    _text("snapshot_id"),
)
Index("ix_citations_document_id", citations.c.document_id)
verdicts = _of_turn(
    "verdicts", _text("direction"), _text("action"), _text("reason"), _text("policy_version"), _text("findings")
)
claims = _of_turn("claims", _real("risk"), _text("contradictions"), _text("chunk_id", nullable=True))
withheld = _of_turn("withheld", _text("stage"), _text("reasons"), _real("risk"))
stage_timings = _of_turn(
    "stage_timings",
    _text("stage"),
    _text("step"),
    _real("ms"),
    _text("error"),
    _real("started_ms", nullable=True),
    _real("ended_ms", nullable=True),
)
vendor_attempts = _of_turn(
    "vendor_attempts",
    _number("number"),
    _text("purpose"),
    _text("vendor"),
    _text("model"),
    _text("reported_model"),
    _text("result"),
    _real("first_token_ms", nullable=True),
    _real("total_ms"),
    _number("input_tokens"),
    _number("output_tokens"),
    _number("cached_tokens"),
    _text("cost_usd", nullable=True),
    Column("route", Text, nullable=False, server_default=""),
    Column("is_hedge", BigInteger, nullable=False, server_default="0"),
    Column("is_estimated", BigInteger, nullable=False, server_default="0"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _number("at"),
    _text("kind"),
    _text("turn_id", nullable=True),
    _text("conversation_id", nullable=True),
    _text("customer_id", nullable=True),
    _text("channel"),
    _text("release_id"),
    _text("purpose"),
    _text("vendor"),
    _text("model"),
    _number("input_tokens"),
    _number("output_tokens"),
    _number("cached_tokens"),
    _number("cost_nanousd", nullable=True),
    _number("is_estimated"),
    _text("note"),
    CheckConstraint("kind IN ('usage', 'adjustment')", name="kind"),
    Index("ix_ledger_at", "at"),
    Index("ix_ledger_turn_id", "turn_id"),
    Index("ix_ledger_conversation_id", "conversation_id"),
    Index("ix_ledger_customer_id", "customer_id", "at"),
)
"""Everything that was paid for, in billionths of a US dollar; null where the price is not known. Nothing is ever
changed in it: a reconciliation adds an adjustment."""

budgets = Table(
    "budgets",
    metadata,
    _text("scope"),
    _text("key"),
    _number("spent_nanousd"),
    _number("reserved_nanousd"),
    _number("updated_at"),
    PrimaryKeyConstraint("scope", "key"),
    CheckConstraint("scope IN ('turn', 'conversation', 'customer_day', 'day', 'month')", name="scope"),
    sqlite_with_rowid=False,
)
"""What is spent and set aside in each span that a ceiling holds for. `key` names the span, such as a day."""

reservations = Table(
    "reservations",
    metadata,
    Column("reservation_id", Text, primary_key=True),
    _text("turn_id", nullable=True),
    _number("fence"),
    _number("amount_nanousd"),
    _text("spans"),
    _text("vendor"),
    _text("model"),
    _text("purpose"),
    _number("created_at"),
    _number("expires_at"),
    Index("ix_reservations_turn_id", "turn_id"),
    Index("ix_reservations_expires_at", "expires_at"),
)
"""Money set aside before a vendor is asked; gone once the request is settled. `spans` is a list of scope and key."""

occurrences = Table(
    "occurrences",
    metadata,
    Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _number("at"),
    _number("last_at"),
    _number("times"),
    _text("kind"),
    _text("severity"),
    _text("subject"),
    _text("detail"),
    CheckConstraint("severity IN ('info', 'warning', 'critical')", name="severity"),
    Index("ix_occurrences_last_at", "last_at"),
    Index("ix_occurrences_kind_subject", "kind", "subject", "last_at"),
)
"""What happened to the installation, for the people who run it; the same again soon after only counts up."""

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("change_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("document_id"),
    _number("is_withdrawn"),
    _text("reason"),
    _text("by"),
    _number("at"),
    Index("ix_withdrawals_document_id", "document_id", "change_id"),
)
"""Documents taken out of every answer, whatever snapshot has them. The newest change of a document counts; the newest
change of all names the state of the whole."""

escalations = Table(
    "escalations",
    metadata,
    Column("escalation_id", Text, primary_key=True),
    _of_conversation(),
    _text("turn_id", nullable=True),
    _text("reason"),
    _text("queue"),
    _text("topic"),
    _number("opened_at"),
    _number("closed_at", nullable=True),
    _text("collected", nullable=True),
)
"""`collected` is what a workflow had found out; it goes when it is erased."""
OPEN = text("closed_at IS NULL")
Index("uq_escalations_open", escalations.c.conversation_id, unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
Index("ix_escalations_opened_at", escalations.c.opened_at, sqlite_where=OPEN, postgresql_where=OPEN)

outbox = Table(
    "outbox",
    metadata,
    Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("topic"),
    _text("key"),
    _text("body"),
    _number("attempts"),
    _number("due_at"),
    _text("lease_owner", nullable=True),
    _number("lease_until"),
    _text("error"),
    _number("done_at", nullable=True),
    UniqueConstraint("topic", "key"),
)
PENDING = text("done_at IS NULL")
Index("ix_outbox_due_at", outbox.c.due_at, sqlite_where=PENDING, postgresql_where=PENDING)

releases = Table(
    "releases",
    metadata,
    Column("release_id", Text, primary_key=True),
    _text("manifest"),
    _number("composed_at"),
)

staff_keys = Table(
    "staff_keys",
    metadata,
    Column("key_hash", Text, primary_key=True),
    _text("name"),
    _number("created_at"),
    UniqueConstraint("name"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("attachment_id", Text, primary_key=True),
    _of_conversation(),
    _text("message_id", nullable=True),
    _text("name", nullable=True),
    _text("media_type"),
    _number("bytes"),
    _text("sha256"),
    _number("width", nullable=True),
    _number("height", nullable=True),
    _number("created_at"),
    _number("erased_at", nullable=True),
    Column("body", LargeBinary, nullable=True),
    Index("ix_attachments_conversation_id", "conversation_id"),
)
"""`message_id` is empty until a message is sent with it; `name` and `body` go when it is erased. `body` is the last
column: SQLite reads what stands before it without it."""
UNSENT = text("message_id IS NULL")
Index("ix_attachments_unsent", attachments.c.created_at, sqlite_where=UNSENT, postgresql_where=UNSENT)

feedback = Table(
    "feedback",
    metadata,
    Column("turn_id", Text, ForeignKey("turns.turn_id"), primary_key=True),
    _of_conversation(),
    _text("rating"),
    _text("reasons"),
    _number("seq"),
    _number("at"),
    CheckConstraint("rating IN ('up', 'down', 'none')", name="rating"),
    Index("ix_feedback_conversation_id", "conversation_id"),
)
"""The newest rating of a turn; its comment lies in the payload of the event at `seq`."""

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _text("name"),
    _text("kind"),
    _number("created_at"),
    _number("expires_at"),
    CheckConstraint("kind IN ('session', 'link')", name="kind"),
)
"""Signed-in browsers, and links that sign a browser in."""

workflow_runs = Table(
    "workflow_runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    _of_conversation(),
    _text("workflow"),
    _number("version"),
    _text("release_id"),
    _text("step"),
    _text("status"),
    _number("started_at"),
    _number("updated_at"),
    _number("revision"),
    _text("body", nullable=True),
    CheckConstraint("status IN ('active', 'suspended', 'done', 'cancelled', 'handed_over', 'expired')", name="status"),
    Index("ix_workflow_runs_conversation_id", "conversation_id", "updated_at"),
)
"""`body` holds what the customer and other systems said; it goes when it is erased."""
IS_ACTIVE = text("status = 'active'")
Index(
    "uq_workflow_runs_active",
    workflow_runs.c.conversation_id,
    unique=True,
    sqlite_where=IS_ACTIVE,
    postgresql_where=IS_ACTIVE,
)

effects = Table(
    "effects",
    metadata,
    Column("key", Text, primary_key=True),
    Column("run_id", Text, ForeignKey("workflow_runs.run_id"), nullable=False),
    _of_conversation(),
    _text("turn_id"),
    _text("step"),
    _text("operation"),
    _text("subject"),
    _text("amount", nullable=True),
    _text("status"),
    _text("why"),
    _text("arguments", nullable=True),
    _text("rows", nullable=True),
    _number("begun_at"),
    _number("counted_at"),
    _number("ended_at", nullable=True),
    Column("is_taken_in", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("status IN ('begun', 'done', 'failed', 'unknown')", name="status"),
    Index("ix_effects_run_id", "run_id"),
    Index("ix_effects_conversation_id", "conversation_id"),
    Index("ix_effects_turn_id", "turn_id"),
    Index("ix_effects_subject", "subject", "operation", "counted_at"),
)
"""Changes in other systems. `counted_at` is the database's own time, which limits go by; `arguments` and `rows` go when
they are erased."""
IS_BEGUN = text("status = 'begun'")
Index("ix_effects_begun", effects.c.counted_at, sqlite_where=IS_BEGUN, postgresql_where=IS_BEGUN)

approvals = Table(
    "approvals",
    metadata,
    Column("approval_id", Text, primary_key=True),
    Column("run_id", Text, ForeignKey("workflow_runs.run_id"), nullable=False),
    _of_conversation(),
    _text("step"),
    _text("operation"),
    _text("arguments", nullable=True),
    _number("created_at"),
    _number("expires_at"),
    _number("used_at", nullable=True),
    _text("used_by", nullable=True),
    _number("is_void"),
    Index("ix_approvals_run_id", "run_id"),
    Index("ix_approvals_used_by", "used_by"),
)
"""A yes that was asked for; it counts once. `expires_at` is the database's own time."""

one_time_codes = Table(
    "one_time_codes",
    metadata,
    Column("code_id", Text, primary_key=True),
    _of_conversation(),
    _text("subject"),
    _text("code_hash"),
    _number("created_at"),
    _number("expires_at"),
    _number("tries"),
    _text("tried_by"),
    _text("state"),
    _number("used_at", nullable=True),
    CheckConstraint("state IN ('open', 'used', 'locked', 'void')", name="state"),
    Index("ix_one_time_codes_conversation_id", "conversation_id"),
    Index("ix_one_time_codes_subject", "subject", "created_at"),
)
"""Codes that customers prove themselves by, as hashes; times are the database's own. `tried_by` is the turn of the last
try and what came of it, so that its next worker doesn't count it again."""

audit = Table(
    "audit",
    metadata,
    Column("entry_id", BigInteger, primary_key=True, autoincrement=False),
    _number("at"),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _text("conversation_id", nullable=True),
    _text("turn_id", nullable=True),
    _text("details"),
    _text("previous_hash"),
    _text("hash"),
    Index("ix_audit_conversation_id", "conversation_id"),
    Index("ix_audit_action", "action", "at"),
)
"""Append only, each entry chained to the one before; entries are numbered from 1 without gaps."""

audit_head = Table(
    "audit_head",
    metadata,
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    _number("entries"),
    _text("hash"),
)
"""One row: how long the log is and where it ends. Appending locks it."""

write_backs = Table(
    "write_backs",
    metadata,
    Column("conversation_id", Text, ForeignKey("conversations.conversation_id"), primary_key=True),
    _text("state"),
    _number("wanted_seq"),
    _number("sent_seq"),
    _text("sent_digest"),
    _number("sent_at", nullable=True),
    _number("versions"),
    _text("reference"),
    _number("quiet_ms"),
    _number("queued_at"),
    _number("due_at"),
    _number("updated_at"),
    _text("lease_owner", nullable=True),
    _number("lease_until"),
    _number("fence"),
    _number("attempts"),
    _number("failures"),
    _number("first_failed_at", nullable=True),
    _text("error"),
    _text("errors"),
    _text("outgoing", nullable=True),
    _number("is_unclear"),
    _text("mended"),
    _number("is_mended"),
    _text("decided_by"),
    _number("decided_at", nullable=True),
    _text("reason"),
    CheckConstraint("state IN ('queued', 'sending', 'sent', 'refused', 'dead', 'discarded')", name="state"),
    Index("ix_write_backs_state", "state", "updated_at"),
    Index("ix_write_backs_sent_at", "sent_at"),
)
"""Conversations on their way into the customer's record in another system. `outgoing` is what is being sent, kept until
its end is known; it goes when it has arrived, and when it is erased. All times but `decided_at` are the database's own."""
WAITS = text("state IN ('queued', 'sending')")
Index("ix_write_backs_due_at", write_backs.c.due_at, sqlite_where=WAITS, postgresql_where=WAITS)
