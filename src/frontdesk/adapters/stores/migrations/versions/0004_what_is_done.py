"""Workflows: runs, effects, approvals, one-time codes, the audit log, and what a handover was told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("escalations", sa.Column("collected", sa.Text(), nullable=True))
    _create_workflow_runs()
    _create_effects()
    _create_approvals()
    _create_one_time_codes()
    _create_audit()


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{column}"], name=op.f(f"fk_{table}_{column}"))


def _create_workflow_runs() -> None:
    op.create_table(
        "workflow_runs",
        _key("run_id"),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('active', 'suspended', 'done', 'cancelled', 'handed_over', 'expired')",
            name=op.f("ck_workflow_runs_status"),
        ),
        _of("workflow_runs", "conversation_id", "conversations"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_workflow_runs")),
    )
    op.create_index("ix_workflow_runs_conversation_id", "workflow_runs", ["conversation_id", "updated_at"])
    active = sa.text("status = 'active'")
    op.create_index(
        "uq_workflow_runs_active",
        "workflow_runs",
        ["conversation_id"],
        unique=True,
        sqlite_where=active,
        postgresql_where=active,
    )


def _create_effects() -> None:
    op.create_table(
        "effects",
        _key("key"),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=True),
        sa.Column("rows", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("is_taken_in", sa.BigInteger(), nullable=False, server_default="0"),
        sa.CheckConstraint("status IN ('begun', 'done', 'failed', 'unknown')", name=op.f("ck_effects_status")),
        _of("effects", "run_id", "workflow_runs"),
        _of("effects", "conversation_id", "conversations"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_effects")),
    )
    op.create_index("ix_effects_run_id", "effects", ["run_id"])
    op.create_index("ix_effects_conversation_id", "effects", ["conversation_id"])
    op.create_index("ix_effects_turn_id", "effects", ["turn_id"])
    op.create_index("ix_effects_subject", "effects", ["subject", "operation", "counted_at"])
    begun = sa.text("status = 'begun'")
    op.create_index("ix_effects_begun", "effects", ["counted_at"], sqlite_where=begun, postgresql_where=begun)


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        _key("approval_id"),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("used_by", sa.Text(), nullable=True),
        sa.Column("is_void", sa.BigInteger(), nullable=False),
        _of("approvals", "run_id", "workflow_runs"),
        _of("approvals", "conversation_id", "conversations"),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_approvals")),
    )
    op.create_index("ix_approvals_run_id", "approvals", ["run_id"])
    op.create_index("ix_approvals_used_by", "approvals", ["used_by"])


def _create_one_time_codes() -> None:
    op.create_table(
        "one_time_codes",
        _key("code_id"),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("tried_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'used', 'locked', 'void')", name=op.f("ck_one_time_codes_state")),
        _of("one_time_codes", "conversation_id", "conversations"),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_one_time_codes")),
    )
    op.create_index("ix_one_time_codes_conversation_id", "one_time_codes", ["conversation_id"])
    op.create_index("ix_one_time_codes_subject", "one_time_codes", ["subject", "created_at"])


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("turn_id", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_conversation_id", "audit", ["conversation_id"])
    op.create_index("ix_audit_action", "audit", ["action", "at"])
    op.create_table(
        "audit_head",
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_audit_head")),
    )
