"""The first tables: the directory's copy, the outbox, the read side."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go to this version."""
    _make_directory_message()
    _make_outbox_comparison()
    _make_outbox_draft()
    _make_outbox_envelope()
    _make_outbox_message()
    _make_outbox_source()
    _make_outbox_writer()
    _make_alert()
    _make_decision()
    _make_finding()
    _make_inbox()
    _make_judgement()
    _make_message()
    _make_missing()
    _make_position()
    _make_quarantine()
    _make_stream_head()


def _make_directory_message() -> None:
    op.create_table(
        "directory_message",
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("refused_code", sa.Text(), nullable=True),
        sa.Column("refused_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("offset"),
    )


def _make_outbox_comparison() -> None:
    op.create_table(
        "outbox_comparison",
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("known_bus_offset", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("originator"),
    )


def _make_outbox_draft() -> None:
    op.create_table(
        "outbox_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("national_reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("authored_at", sa.Integer(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=True),
        sa.Column("made_reference", sa.Text(), nullable=True),
        sa.Column("lineage", sa.Integer(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sections", sa.LargeBinary(), nullable=True),
        sa.Column("related", sa.LargeBinary(), nullable=True),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("waits_for", sa.Text(), nullable=True),
        sa.Column("writer", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("authority", "national_reference"),
    )
    op.create_index(
        "outbox_draft_made",
        "outbox_draft",
        ["authority", "lineage", "made_reference"],
        unique=True,
        sqlite_where=sa.text("made_reference IS NOT NULL"),
    )
    op.create_index(
        "outbox_draft_row",
        "outbox_draft",
        ["authority", "row_key"],
        unique=False,
        sqlite_where=sa.text("row_key IS NOT NULL"),
    )
    op.create_index(
        "outbox_draft_stage", "outbox_draft", ["stage", "id"], unique=False, sqlite_where=sa.text("stage < 2")
    )


def _make_outbox_envelope() -> None:
    op.create_table(
        "outbox_envelope",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _make_outbox_message() -> None:
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("originator", "writer", "sequence"),
    )
    op.create_index(
        "outbox_message_unsent", "outbox_message", ["id"], unique=False, sqlite_where=sa.text("pending > 0")
    )


def _make_outbox_source() -> None:
    op.create_table(
        "outbox_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lineage", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("authority", "digest"),
    )


def _make_outbox_writer() -> None:
    op.create_table(
        "outbox_writer",
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("frozen", sa.Integer(), nullable=False),
        sa.Column("known_sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("originator", "writer"),
    )


def _make_alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("raised_at", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("authority", "digest"),
    )


def _make_decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("readers", sa.Text(), nullable=False),
        sa.Column("judgement", sa.LargeBinary(), nullable=False),
        sa.Column("directory", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_decision_digest"), "decision", ["digest"], unique=False)


def _make_finding() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("found_at", sa.Integer(), nullable=False),
        sa.Column("healed_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", "place"),
    )


def _make_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("authority", "digest"),
    )


def _make_judgement() -> None:
    op.create_table(
        "judgement",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("outcomes", sa.LargeBinary(), nullable=False),
        sa.Column("obligations", sa.Text(), nullable=False),
        sa.Column("tables", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _make_message() -> None:
    op.create_table(
        "message",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_kind", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.Integer(), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("message_by_number", "message", ["stream", "sequence"], unique=False)
    op.create_index("message_by_record_kind", "message", ["record_kind"], unique=False)
    op.create_index("message_due", "message", ["due_at"], unique=False, sqlite_where=sa.text("due_at IS NOT NULL"))


def _make_missing() -> None:
    op.create_table(
        "missing",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "first"),
    )


def _make_position() -> None:
    op.create_table(
        "position",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.Column("history", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("topic"),
    )


def _make_quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("quarantined_at", sa.Integer(), nullable=False),
        sa.Column("admitted_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("topic", "offset"),
    )


def _make_stream_head() -> None:
    op.create_table(
        "stream_head",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream"),
    )
