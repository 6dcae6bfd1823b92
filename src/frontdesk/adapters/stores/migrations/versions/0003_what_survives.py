"""Money, waiting turns, what happened to the installation, and withdrawn documents."""

from decimal import Decimal

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NANO = Decimal(10) ** 9


def upgrade() -> None:
    _extend_turns()
    op.add_column("vendor_attempts", sa.Column("route", sa.Text(), nullable=False, server_default=""))
    op.add_column("vendor_attempts", sa.Column("is_hedge", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("vendor_attempts", sa.Column("is_estimated", sa.BigInteger(), nullable=False, server_default="0"))
    _create_ledger()
    _create_budgets()
    _create_occurrences()
    _create_withdrawals()


def _extend_turns() -> None:
    with op.batch_alter_table("turns") as turns:
        turns.add_column(sa.Column("lane", sa.Text(), nullable=False, server_default="normal"))
        turns.add_column(sa.Column("party", sa.Text(), nullable=False, server_default=""))
        turns.add_column(sa.Column("superseded_by", sa.Text(), nullable=True))
        turns.add_column(sa.Column("started_at", sa.BigInteger(), nullable=True))
        turns.add_column(sa.Column("opened_at", sa.BigInteger(), nullable=True))
        turns.add_column(sa.Column("passed_on", sa.BigInteger(), nullable=False, server_default="0"))
        turns.create_check_constraint(op.f("ck_turns_lane"), "lane IN ('normal', 'kept')")


def _entry_id() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("entry_id", kind, autoincrement=True, nullable=False)


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        _entry_id(),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("turn_id", sa.Text(), nullable=True),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_nanousd", sa.BigInteger(), nullable=True),
        sa.Column("is_estimated", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('usage', 'adjustment')", name=op.f("ck_ledger_kind")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger")),
    )
    op.create_index("ix_ledger_at", "ledger", ["at"], unique=False)
    op.create_index("ix_ledger_turn_id", "ledger", ["turn_id"], unique=False)
    op.create_index("ix_ledger_conversation_id", "ledger", ["conversation_id"], unique=False)
    op.create_index("ix_ledger_customer_id", "ledger", ["customer_id", "at"], unique=False)
    _fill_ledger(op.get_bind())
    op.drop_table("cost_entries")


def _fill_ledger(connection: sa.Connection) -> None:
    """What was kept as decimals with each turn; its tokens stand with the attempt of the same place, where there is one."""
    found = connection.execute(
        sa.text(
            "SELECT c.turn_id, c.vendor, c.model, c.feature, c.cost_usd, t.conversation_id, t.channel, t.release_id, "
            "COALESCE(t.ended_at, t.accepted_at) AS at, o.customer_id, COALESCE(a.input_tokens, 0) AS input_tokens, "
            "COALESCE(a.output_tokens, 0) AS output_tokens, COALESCE(a.cached_tokens, 0) AS cached_tokens "
            "FROM cost_entries c JOIN turns t ON t.turn_id = c.turn_id "
            "JOIN conversations o ON o.conversation_id = t.conversation_id "
            "LEFT JOIN vendor_attempts a ON a.turn_id = c.turn_id AND a.position = c.position "
            "ORDER BY c.turn_id, c.position"
        )
    ).mappings()
    add = sa.text(
        "INSERT INTO ledger (at, kind, turn_id, conversation_id, customer_id, channel, release_id, purpose, vendor, "
        "model, input_tokens, output_tokens, cached_tokens, cost_nanousd, is_estimated, note) VALUES (:at, 'usage', "
        ":turn_id, :conversation_id, :customer_id, :channel, :release_id, :feature, :vendor, :model, :input_tokens, "
        ":output_tokens, :cached_tokens, :cost_nanousd, 0, '')"
    )
    for row in found.fetchall():
        cost = None if row["cost_usd"] is None else int(Decimal(row["cost_usd"]) * NANO)
        connection.execute(add, {**row, "cost_nanousd": cost})


def _create_budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("spent_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("reserved_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "scope IN ('turn', 'conversation', 'customer_day', 'day', 'month')", name=op.f("ck_budgets_scope")
        ),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_budgets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reservations",
        sa.Column("reservation_id", sa.Text(), nullable=False),
        sa.Column("turn_id", sa.Text(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("amount_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reservation_id", name=op.f("pk_reservations")),
    )
    op.create_index("ix_reservations_turn_id", "reservations", ["turn_id"], unique=False)
    op.create_index("ix_reservations_expires_at", "reservations", ["expires_at"], unique=False)


def _create_occurrences() -> None:
    op.create_table(
        "occurrences",
        _entry_id(),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_occurrences_severity")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_occurrences")),
    )
    op.create_index("ix_occurrences_last_at", "occurrences", ["last_at"], unique=False)
    op.create_index("ix_occurrences_kind_subject", "occurrences", ["kind", "subject", "last_at"], unique=False)


def _create_withdrawals() -> None:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "withdrawals",
        sa.Column("change_id", kind, autoincrement=True, nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("is_withdrawn", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_withdrawals")),
    )
    op.create_index("ix_withdrawals_document_id", "withdrawals", ["document_id", "change_id"], unique=False)
