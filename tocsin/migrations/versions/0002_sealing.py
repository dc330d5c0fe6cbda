"""Sealing: what a node keeps of sections, releases, decisions of the sender, recalls, heads and receipts.

What was sent before sealing existed is not opened by this version, whose header says that everything above TLP:CLEAR is
sealed: the tables are brought up to date, and a network is founded anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Go to this version."""
    _rebuild_decision()
    _rebuild_outbox_draft()
    _rebuild_outbox_message()
    _rebuild_message()
    _make_audience()
    _make_policy_table()
    _make_outbox_sealed()
    _make_outbox_readership()
    _make_outbox_release()
    _make_outbox_heads()
    _make_outbox_withdrawal()
    _make_awaited()
    _make_unopened()
    _make_withdrawal()
    _make_tombstone()
    _make_claim()
    _make_receipt_state()
    _make_too_late()


def _set_aside(table: str, *indexes: str) -> None:
    """Rename a table to make room for the new one; an index keeps its name, and has to go."""
    for index in indexes:
        op.drop_index(index, table_name=table)
    op.rename_table(table, f"{table}_before")


def _take_over(table: str, columns: str, more: str = "", values: str = "") -> None:
    """Move the rows of a table that was set aside.

    Args:
        more: Further columns, with a comma before each; *values* are what they had until now.
    """
    op.execute(f"INSERT INTO {table} ({columns}{more}) SELECT {columns}{values} FROM {table}_before")  # noqa: S608
    op.drop_table(f"{table}_before")


def _rebuild_decision() -> None:
    _set_aside("decision", "ix_decision_digest")
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("readers", sa.Text(), nullable=False),
        sa.Column("judgement", sa.LargeBinary(), nullable=True),
        sa.Column("audience", sa.LargeBinary(), nullable=True),
        sa.Column("directory", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_decision_digest"), "decision", ["digest"], unique=False)
    _take_over("decision", "id, digest, readers, judgement, directory, decided_at")


def _rebuild_outbox_draft() -> None:
    _set_aside("outbox_draft", "outbox_draft_made", "outbox_draft_row", "outbox_draft_stage")
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
        sa.Column("retain_until", sa.Integer(), nullable=True),
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
        "outbox_draft_retained",
        "outbox_draft",
        ["retain_until"],
        unique=False,
        sqlite_where=sa.text("retain_until IS NOT NULL"),
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
    _take_over(
        "outbox_draft",
        "id, authority, national_reference, kind, tlp, status, authored_at, content_digest, row_key,"
        " made_reference, lineage, line, sections, related, stage, waits_for, writer, sequence, digest",
    )


def _rebuild_outbox_message() -> None:
    _set_aside("outbox_message", "outbox_message_unsent")
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
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
    _take_over(
        "outbox_message",
        "id, originator, writer, sequence, topic, digest, issued_at, pending, sent_at",
        ", kind",
        ", 'RECORD'",
    )


def _rebuild_message() -> None:
    _set_aside("message", "message_by_number", "message_by_record_kind", "message_due")
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
        sa.Column("pending", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", sa.Integer(), nullable=True),
        sa.Column("purge_at", sa.Integer(), nullable=True),
        sa.Column("original", sa.LargeBinary(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("message_by_number", "message", ["stream", "sequence"], unique=False)
    op.create_index("message_by_record_kind", "message", ["record_kind"], unique=False)
    op.create_index("message_due", "message", ["due_at"], unique=False, sqlite_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        "message_original", "message", ["original"], unique=False, sqlite_where=sa.text("original IS NOT NULL")
    )
    op.create_index(
        "message_purge", "message", ["purge_at"], unique=False, sqlite_where=sa.text("purge_at IS NOT NULL")
    )
    _take_over(
        "message",
        "digest, stream, sequence, kind, record_kind, issued_at, received_at, outcome, late, backfill, due_at,"
        " envelope",
        ", pending, closed",
        ", 0, ''",
    )


def _make_audience() -> None:
    op.create_table(
        "audience",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _make_policy_table() -> None:
    op.create_table(
        "policy_table",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )


def _make_outbox_sealed() -> None:
    op.create_table(
        "outbox_sealed",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.Integer(), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("outbox_sealed_checked", "outbox_sealed", ["checked"], unique=False)
    op.create_index(
        "outbox_sealed_due", "outbox_sealed", ["due_at"], unique=False, sqlite_where=sa.text("due_at IS NOT NULL")
    )


def _make_outbox_readership() -> None:
    op.create_table(
        "outbox_readership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _make_outbox_release() -> None:
    op.create_table(
        "outbox_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("key_commitment", sa.LargeBinary(), nullable=False),
        sa.Column("nodes", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("became", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "outbox_release_waiting", "outbox_release", ["id"], unique=False, sqlite_where=sa.text("became IS NULL")
    )


def _make_outbox_heads() -> None:
    op.create_table(
        "outbox_heads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _make_outbox_withdrawal() -> None:
    op.create_table(
        "outbox_withdrawal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("sections", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=True),
        sa.Column("national_reference", sa.Text(), nullable=True),
        sa.Column("purged_at", sa.Integer(), nullable=True),
        sa.Column("scrubbed_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest", "sections"),
    )
    op.create_index(
        "outbox_withdrawal_unscrubbed",
        "outbox_withdrawal",
        ["id"],
        unique=False,
        sqlite_where=sa.text("scrubbed_at IS NULL"),
    )


def _make_awaited() -> None:
    op.create_table(
        "awaited",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "sequence", "section", "commitment"),
    )


def _make_unopened() -> None:
    op.create_table(
        "unopened",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("participant", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.Integer(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("unopened_by_tried", "unopened", ["participant", "tried", "issued_at"], unique=False)


def _make_withdrawal() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("recall", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("replaced_by", sa.LargeBinary(), nullable=True),
        sa.Column("issued_at", sa.Integer(), nullable=False),
        sa.Column("examined", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("recall"),
    )
    op.create_index(op.f("ix_withdrawal_message"), "withdrawal", ["message"], unique=False)


def _make_tombstone() -> None:
    op.create_table(
        "tombstone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.LargeBinary(), nullable=True),
        sa.Column("sections", sa.Text(), nullable=False),
        sa.Column("purged_at", sa.Integer(), nullable=False),
        sa.Column("scrubbed_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest", "reason"),
    )
    op.create_index(
        "tombstone_unscrubbed", "tombstone", ["id"], unique=False, sqlite_where=sa.text("scrubbed_at IS NULL")
    )


def _make_claim() -> None:
    op.create_table(
        "claim",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "sequence"),
    )


def _make_receipt_state() -> None:
    op.create_table(
        "receipt_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("purge", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _make_too_late() -> None:
    op.create_table(
        "too_late",
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sections", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("authority", "digest"),
    )
