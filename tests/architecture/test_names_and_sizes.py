"""House numbers: short files and functions, and no file whose name says nothing."""

from statistics import median

from tests.architecture.source import PRODUCT, function_length, functions, line_count, python_files

SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "core", "lib"}
CONSTRUCTS_ONLY = "bootstrap.py"


def test_no_file_has_a_name_that_says_nothing() -> None:
    named = [
        path for path in python_files("services", "shared", "tests", "tools", "benchmarks") if path.stem in SAYS_NOTHING
    ]
    assert named == []


def test_files_are_short() -> None:
    lengths = {path: line_count(path) for path in python_files(*PRODUCT) if path.name != "__init__.py"}
    assert {path: length for path, length in lengths.items() if length > 400} == {}
    assert median(lengths.values()) <= 120


def test_test_files_are_short() -> None:
    lengths = {path: line_count(path) for path in python_files("tests")}
    assert {path: length for path, length in lengths.items() if length > 600} == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{path}:{function.lineno} {function.name}": function_length(function)
        for path in python_files(*PRODUCT)
        if path.name != CONSTRUCTS_ONLY
        for function in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert median(lengths.values()) <= 10
