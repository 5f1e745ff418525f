"""what was learned of each client, and the mark of an uneven heart."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.create_table(
        "personal",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("reports", sa.JSON(), nullable=True),
        sa.Column("model", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"]),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"]),
        sa.PrimaryKeyConstraint("client_id", "version"),
    )
    # Not in a batch, which would make the table anew: other tables point at it.
    op.add_column("client", sa.Column("uneven_heart", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    op.drop_column("client", "uneven_heart")
    op.drop_table("personal")
