"""What is sent is matched whole: `match` with a `$` takes a text that ends in a newline, and then two names look alike."""

import ast

from tests.architecture.source import PRODUCT, python_files, syntax


def test_no_pattern_is_matched_from_the_left_only() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path in python_files(*PRODUCT)
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "match"
    ]
    assert found == []
