"""Subjects that have some values, as a condition on their canonical texts."""

import json
from collections.abc import Mapping

from sqlalchemy import ColumnElement, Text, func, literal

from shared.database.engine import ReadConnection


def has_values(
    connection: ReadConnection, subject: ColumnElement[str], wanted: Mapping[str, str]
) -> list[ColumnElement[bool]]:
    """The canonical text of a subject holds each pair exactly as written here: a name has no quote, a value's are escaped."""
    find = func.instr if connection.dialect == "sqlite" else func.strpos
    pairs = [f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}" for name, value in wanted.items()]
    return [find(subject, literal(pair, Text)) > 0 for pair in pairs]
