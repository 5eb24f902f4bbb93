"""Let open panes say until when some of them may have rows, so that nobody looks for rows in vain.

Rows that are there already, of panes that are or may come to be open, end with the last of their values.
"""

import sqlalchemy as sa
from alembic import op

from shared.database.types import UtcDateTime

revision = "0012"
down_revision = "0011"

_WHERE_ROWS_END = """
INSERT INTO open_pane_marks (partition, indicator, indicator_version, newest, told_to, rows_end)
SELECT partition, indicator, indicator_version, 0, 0, MAX(window_end) FROM kpi_values
WHERE TRUE
GROUP BY partition, indicator, indicator_version
ON CONFLICT (partition, indicator, indicator_version) DO UPDATE SET rows_end = excluded.rows_end
"""


def upgrade() -> None:
    op.add_column("open_pane_marks", sa.Column("rows_end", UtcDateTime, nullable=True))
    op.execute(_WHERE_ROWS_END)


def downgrade() -> None:
    op.drop_column("open_pane_marks", "rows_end")
