"""Joined texts are a sequence of bytes like any other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.joined_texts import ChainedTexts, JoinedTexts, in_one, lines_of

TEXTS = st.lists(st.binary(max_size=4) | st.sampled_from([b"", b"\n", b"a\nb", "质".encode()]), max_size=12)


def joined(texts: list[bytes], *, ends_with_newline: bool = False) -> JoinedTexts:
    lengths = np.array(list(map(len, texts)), dtype=np.int64)
    return JoinedTexts(memoryview(b"\n".join(texts) + b"\n" * ends_with_newline), lengths)


@given(TEXTS, st.booleans(), st.lists(st.slices(12), max_size=4), st.booleans())
def test_they_are_what_was_joined_however_they_are_cut(
    texts: list[bytes], ends_with_newline: bool, cuts: list[slice], looked_at_before: bool
) -> None:
    found = joined(texts, ends_with_newline=ends_with_newline)
    if looked_at_before:
        list(found)
    for cut in [slice(None), *cuts]:
        found, texts = found[cut], texts[cut]  # type: ignore[assignment]  # a step makes it a list
        assert len(found) == len(texts)
        assert [found[place] for place in range(-len(texts), len(texts))] == texts * 2
        if isinstance(found, JoinedTexts):
            assert found.all_begin_with(b"a") == all(text.startswith(b"a") for text in texts)
            assert found.joined == b"\n".join(texts)
            assert found.lengths.tolist() == list(map(len, texts))
        assert list(found) == texts


@given(TEXTS)
def test_lines_are_what_stands_between_newlines(texts: list[bytes]) -> None:
    text = b"\n".join(texts)
    lines = text.split(b"\n")
    assert list(lines_of(text)) == (lines if lines[-1] else lines[:-1])


def test_a_place_beyond_the_end_is_an_error() -> None:
    with pytest.raises(IndexError):
        joined([b"a"])[1]


@given(st.lists(st.tuples(TEXTS, st.booleans()), max_size=4), st.slices(12))
def test_several_become_one_that_is_chained_where_all_of_them_are_joined(
    parts: list[tuple[list[bytes], bool]], cut: slice
) -> None:
    found = in_one([joined(texts) if is_joined else texts for texts, is_joined in parts])
    texts = [text for some, _ in parts for text in some]
    assert [found[place] for place in range(-len(texts), len(texts))] == texts * 2
    assert (len(found), list(found), list(found[cut])) == (len(texts), texts, texts[cut])
    assert isinstance(found, ChainedTexts) == all(is_joined for _, is_joined in parts)
    if isinstance(found, ChainedTexts):
        assert b"\n".join(found.pieces) == b"\n".join(texts)
        assert found.lengths.tolist() == list(map(len, texts))


@given(TEXTS, st.integers(1, 4), st.integers(1, 3))
def test_whether_texts_are_the_first_ones_again_and_again(texts: list[bytes], count: int, times: int) -> None:
    whole = texts[: len(texts) // count * count]
    if whole:
        assert joined(whole).repeats(count) == (whole == len(whole) // count * whole[:count])
        assert joined(times * whole).repeats(len(whole))
