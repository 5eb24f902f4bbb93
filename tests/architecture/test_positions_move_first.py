"""A transaction that moves a position does so before all else: who has lost the partition is told before it does any harm."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import python_files, syntax


def transactions_that_advance() -> Iterator[tuple[Path, ast.With]]:
    for path in python_files("services"):
        for node in ast.walk(syntax(path)):
            if (
                isinstance(node, ast.With)
                and "units()" in ast.unparse(node.items[0])
                and "uow.advance" in ast.unparse(node)
            ):
                yield path, node


def test_the_position_is_moved_before_anything_else() -> None:
    found = list(transactions_that_advance())
    late = [f"{path}:{block.lineno}" for path, block in found if "uow.advance" not in ast.unparse(block.body[0])]
    assert len(found) >= 9
    assert late == []
