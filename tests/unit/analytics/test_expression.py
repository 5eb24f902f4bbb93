"""Arithmetic over indicators: read, shown, computed exactly, and refused with a remedy."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.expression import (
    Expression,
    Negated,
    Number,
    Operation,
    Part,
    compute,
    parse,
    parts,
    show,
)

VALUES = {"a": Fraction(3), "b": Fraction(1, 2), "first-pass-yield": Fraction(9, 10), "zero": Fraction(0)}
LEAVES = st.one_of(
    st.sampled_from([Part(name) for name in VALUES]),
    st.integers(0, 1000).map(lambda number: Number(str(number))),
    st.decimals(0, 100, places=3).map(lambda number: Number(f"{number:f}")),
)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Negated, inner), st.builds(Operation, st.sampled_from(["+", "-", "×", "÷"]), inner, inner)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", Fraction(3)),
        ("a * b", Fraction(3, 2)),
        ("a×b", Fraction(3, 2)),
        ("first-pass-yield * 100", Fraction(90)),
        ("a - b - b", Fraction(2)),
        ("a - (b - b)", Fraction(3)),
        ("a / b / 2", Fraction(3)),
        ("a ÷ (b ÷ 2)", Fraction(12)),
        ("1 + a * 2", Fraction(7)),
        ("(1 + a) * 2", Fraction(8)),
        ("-a + 2.5", Fraction(-1, 2)),
        ("- (a - 1)", Fraction(-2)),
        ("0.1 * a", Fraction(3, 10)),
        ("a / zero", None),
        ("1 + zero * (a / zero)", None),
    ],
)
def test_an_expression_is_computed_exactly(text: str, value: Fraction | None) -> None:
    assert compute(parse(text), VALUES) == value


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("a +", "needs an indicator or a number before its end"),
        ("(a + b", "needs a closing bracket"),
        ("a b", "needs an operator before 'b'"),
        ("a ** b", "needs an indicator or a number before '*'"),
        ("f(a)", "needs an operator before '('"),
        ("a.__class__ + 1; b", "means nothing at '; b'"),
        ("a % b", "means nothing"),
        ("1 + 2", "names no indicator"),
        ("(" * 60 + "a" + ")" * 60, "nested deeper"),
        (" + ".join(f"a{number}" for number in range(21)), "more than 20 indicators"),
        ("a" + " * a" * 400, "longer than 1000 characters"),
        ("", "needs an indicator or a number"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=re.escape(remedy)):
        parse(text)


@given(EXPRESSIONS)
def test_what_is_shown_reads_back_as_the_same(expression: Expression) -> None:
    if not set(parts(expression)):
        expression = Operation("+", expression, Part("a"))
    text = show(expression)
    assert compute(parse(text), VALUES) == compute(expression, VALUES)
    assert show(parse(text)) == text


@given(st.text(alphabet="ab1.()+-*/×÷ \t'_", max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        found = parse(text)
    except ValueError:
        return
    assert parse(show(found)) == found or compute(
        parse(show(found)), dict.fromkeys(parts(found), Fraction(1))
    ) == compute(found, dict.fromkeys(parts(found), Fraction(1)))
