"""From the frame on, readings are columns: no Python loop over rows outside the files listed here, each with its reason."""

import ast
from pathlib import Path

from tests.architecture.source import PRODUCT, python_files, syntax

ROW_WISE = {"iter_rows", "rows", "to_dicts", "map_elements", "iter_slices", "map_rows"}

MAY_LOOP: dict[str, str] = {
    "services/analytics/adapters/value_events.py": "hands each value's event on as a record of its own",
    "services/ingest/domain/mapping.py": "names what is wrong with rows that a check has refused",
}
"""File → why it may touch rows one by one."""


def row_wise_calls(path: Path) -> list[str]:
    return [
        f"{path}:{node.lineno} .{node.func.attr}()"
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ROW_WISE
    ]


def test_only_listed_files_touch_rows_one_by_one() -> None:
    found = [call for path in python_files(*PRODUCT) if str(path) not in MAY_LOOP for call in row_wise_calls(path)]
    assert found == []


def test_every_listed_file_still_needs_its_exception() -> None:
    idle = [name for name in MAY_LOOP if not row_wise_calls(Path(name))]
    assert idle == []
