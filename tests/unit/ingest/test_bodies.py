"""The lines of a body are the same however long it is."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.entrypoints.bodies import lines

LINES = st.lists(st.sampled_from([b"{}", b'{"a": 1}\r', b"", b" ", b"\r", b" {}", b"x", b"\xff"]), max_size=8)
MANY = b'{"a": "' + b"a" * 100 + b'"}\n'


@given(LINES, LINES, st.sampled_from([0, 1, 200]))
def test_lines_are_those_that_are_not_blank(before: list[bytes], after: list[bytes], between: int) -> None:
    body = b"\n".join((*before, MANY * between, *after))
    assert list(lines(body)) == [line for line in body.split(b"\n") if line.strip()]
