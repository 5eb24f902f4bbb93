"""Subjects that have some values, as a condition on their canonical texts."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Text, func, literal

from services.analytics.domain.subject import subject_pairs
from shared.database.engine import ReadConnection


def has_values(
    connection: ReadConnection, subject: ColumnElement[str], wanted: Mapping[str, str]
) -> list[ColumnElement[bool]]:
    """One condition for each pair; all must hold."""
    find = func.instr if connection.dialect == "sqlite" else func.strpos
    return [find(subject, literal(pair, Text)) > 0 for pair in subject_pairs(wanted)]
