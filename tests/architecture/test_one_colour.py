"""Only the web server is asynchronous."""

import ast
from pathlib import Path

from tests.architecture.source import PRODUCT, functions, python_files


def test_async_def_stands_in_shared_web_only() -> None:
    found = [
        f"{path}:{function.lineno} {function.name}"
        for path in python_files(*PRODUCT)
        if not path.is_relative_to(Path("shared/web"))
        for function in functions(path)
        if isinstance(function, ast.AsyncFunctionDef)
    ]
    assert found == []
