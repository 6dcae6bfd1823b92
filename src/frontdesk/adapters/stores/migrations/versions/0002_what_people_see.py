"""Attachments, feedback, staff sessions, and what lists and traces need."""

import json

import sqlalchemy as sa
from alembic import op

from frontdesk.text.folding import fold

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _extend_conversations()
    op.add_column("stage_timings", sa.Column("started_ms", sa.Double(), nullable=True))
    op.add_column("stage_timings", sa.Column("ended_ms", sa.Double(), nullable=True))
    op.create_index("ix_citations_document_id", "citations", ["document_id"], unique=False)
    _create_search_texts()
    _create_attachments()
    _create_feedback()
    _create_staff_sessions()


def _extend_conversations() -> None:
    op.add_column("conversations", sa.Column("updated_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("conversations", sa.Column("origin", sa.Text(), nullable=False, server_default="customer"))
    op.add_column("conversations", sa.Column("forked_from", sa.Text(), nullable=True))
    op.execute(
        "UPDATE conversations SET updated_at = COALESCE((SELECT MAX(events.at) FROM events "
        "WHERE events.conversation_id = conversations.conversation_id), created_at)"
    )
    op.create_index("ix_conversations_updated_at", "conversations", ["updated_at", "conversation_id"], unique=False)
    op.create_index(
        "ix_conversations_forked_from",
        "conversations",
        ["forked_from"],
        unique=False,
        sqlite_where=sa.text("forked_from IS NOT NULL"),
        postgresql_where=sa.text("forked_from IS NOT NULL"),
    )


def _create_search_texts() -> None:
    op.create_table(
        "search_texts",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.conversation_id"], name=op.f("fk_search_texts_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "position", name=op.f("pk_search_texts")),
        sqlite_with_rowid=False,
    )
    _fill_search_texts(op.get_bind())


def _fill_search_texts(connection: sa.Connection) -> None:
    add = sa.text("INSERT INTO search_texts VALUES (:conversation_id, :position, :body)")
    said = connection.execute(
        sa.text("SELECT conversation_id, number, body FROM payloads WHERE noun = 'message' AND body IS NOT NULL")
    )
    for conversation_id, position, body in said.fetchall():
        text = fold(json.loads(body)["text"])
        connection.execute(add, {"conversation_id": conversation_id, "position": position, "body": text})


def _create_attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("attachment_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.conversation_id"], name=op.f("fk_attachments_conversation_id")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachments")),
    )
    op.create_index("ix_attachments_conversation_id", "attachments", ["conversation_id"], unique=False)
    op.create_index(
        "ix_attachments_unsent",
        "attachments",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("message_id IS NULL"),
        postgresql_where=sa.text("message_id IS NULL"),
    )


def _create_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("rating IN ('up', 'down', 'none')", name=op.f("ck_feedback_rating")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.conversation_id"], name=op.f("fk_feedback_conversation_id")
        ),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.turn_id"], name=op.f("fk_feedback_turn_id")),
        sa.PrimaryKeyConstraint("turn_id", name=op.f("pk_feedback")),
    )
    op.create_index("ix_feedback_conversation_id", "feedback", ["conversation_id"], unique=False)


def _create_staff_sessions() -> None:
    op.create_table(
        "staff_sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('session', 'link')", name=op.f("ck_staff_sessions_kind")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_sessions")),
    )
