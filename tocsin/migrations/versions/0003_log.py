"""The transparency log: what a node has read of it, and which of its own messages it has seen there.

What was sent before counts as not logged until the node reads the log, where its notary finds all of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Go to this version."""
    _make_logbook()
    _make_claims()
    _rebuild_outbox_message()
    op.create_index(
        "quarantine_unproven",
        "quarantine",
        ["id"],
        unique=False,
        sqlite_where=sa.text("admitted_at IS NULL AND code = 'key-revoked'"),
    )


def _make_logbook() -> None:
    op.create_table(
        "log_entry",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_book",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("witnesses", sa.Integer(), nullable=False),
        sa.Column("witnessed_at", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("role"),
    )


def _make_claims() -> None:
    op.create_table(
        "log_claim",
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("size", "root"),
    )
    op.create_table(
        "log_split",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ours", sa.LargeBinary(), nullable=False),
        sa.Column("theirs", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("found_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("theirs"),
    )


def _rebuild_outbox_message() -> None:
    op.drop_index("outbox_message_unsent", table_name="outbox_message")
    op.rename_table("outbox_message", "outbox_message_before")
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
        sa.Column("logged", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("originator", "writer", "sequence"),
    )
    op.create_index(
        "outbox_message_unsent", "outbox_message", ["id"], unique=False, sqlite_where=sa.text("pending > 0")
    )
    op.create_index(
        "outbox_message_unlogged", "outbox_message", ["id"], unique=False, sqlite_where=sa.text("logged = 0")
    )
    columns = "id, originator, writer, sequence, kind, topic, digest, issued_at, pending, sent_at"
    op.execute(f"INSERT INTO outbox_message ({columns}) SELECT {columns} FROM outbox_message_before")  # noqa: S608
    op.drop_table("outbox_message_before")
