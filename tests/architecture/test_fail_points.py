"""The table of fail-points is the code's: each name stands at one step, and no step has a name of its own."""

import ast
from collections import Counter
from pathlib import Path

from shared.runtime.failpoints import STEPS
from tests.architecture.source import PRODUCT, python_files, syntax


def passings(path: Path) -> list[str]:
    """The names that a file calls `fail_point` with; a name that is no text in the code shows as the call itself."""
    return [
        str(call.args[0].value) if isinstance(call.args[0], ast.Constant) else ast.unparse(call)
        for call in ast.walk(syntax(path))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "fail_point"
    ]


def test_each_step_of_the_table_stands_in_the_code_once_and_no_other_does() -> None:
    found = Counter(name for path in python_files(*PRODUCT) for name in passings(path))
    assert found == Counter(list(STEPS))
