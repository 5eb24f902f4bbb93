"""Arithmetic over other indicators, as people write it: `first-pass-yield × rework-yield`, `(a + b) / 2`.

    sum     = product { ("+" | "-") product }
    product = factor { ("*" | "×" | "/" | "÷") factor }
    factor  = "-" factor | number | name | "(" sum ")"

Names of indicators may contain `-`, so a minus between two of them stands between spaces. Computed in fractions, so that nothing is
rounded before the end.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import reduce

MOST_CHARACTERS = 1000
MOST_PARTS = 20
_DEEPEST = 50

_TOKEN = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)(?![\w.-])|(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)|(?P<sign>[-+*/×÷()])|(?P<other>\S.*)",
    re.DOTALL | re.ASCII,
)
_SHOWN = {"*": "×", "/": "÷"}
_STRENGTH = {"+": 1, "-": 1, "×": 2, "÷": 2}
_NEGATION = 3


@dataclass(frozen=True, slots=True)
class Number:
    """`text` as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """The value of an indicator."""

    name: str


@dataclass(frozen=True, slots=True)
class Negated:
    """The opposite."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class Operation:
    """`sign` is one of + - × ÷."""

    sign: str
    left: "Expression"
    right: "Expression"


Expression = Number | Part | Negated | Operation


def parse(text: str) -> Expression:
    """Raises ValueError, with the place and the remedy."""
    found = _Parser(text).whole()
    if len(show(found)) > MOST_CHARACTERS:
        raise ValueError(f"is longer than {MOST_CHARACTERS} characters; derive a part of it as an indicator of its own")
    named = list(dict.fromkeys(parts(found)))
    if not named:
        raise ValueError("names no indicator; write for example first-pass-yield * rework-yield")
    if len(named) > MOST_PARTS:
        raise ValueError(f"names more than {MOST_PARTS} indicators; derive some of them as an indicator of its own")
    return found


def weighted_sum(weights: Mapping[str, Decimal]) -> Expression:
    """Σ weight × indicator, in the order given; of one at least."""
    terms: list[Expression] = [Operation("×", Number(f"{weight:f}"), Part(name)) for name, weight in weights.items()]
    return reduce(lambda left, right: Operation("+", left, right), terms)


def parts(expression: Expression) -> Iterator[str]:
    """The names in it, in order, as often as they stand there."""
    match expression:
        case Part(name):
            yield name
        case Negated(of):
            yield from parts(of)
        case Operation(_, left, right):
            yield from parts(left)
            yield from parts(right)


def compute(expression: Expression, values: Mapping[str, Fraction]) -> Fraction | None:
    """None where something is divided by zero."""
    match expression:
        case Number(text):
            return Fraction(text)
        case Part(name):
            return values[name]
        case Negated(of):
            found = compute(of, values)
            return None if found is None else -found
        case Operation(sign, left, right):
            return _applied(sign, compute(left, values), compute(right, values))


def show(expression: Expression, name: Callable[[str], str] = str) -> str:
    """As text, with no more brackets than it needs.

    Args:
        name: what stands for an indicator.
    """
    return _show(expression, name, 0)


def _show(expression: Expression, name: Callable[[str], str], around: int) -> str:
    match expression:
        case Number(text):
            return text
        case Part(part):
            return name(part)
        case Negated(of):
            return f"-{_show(of, name, _NEGATION)}"
        case Operation(sign, left, right):
            strength = _STRENGTH[sign]
            # What is taken away or divided by keeps its brackets: a - (b - c) is not a - b - c.
            beside = strength + 1 if sign in "-÷" else strength
            text = f"{_show(left, name, strength)} {sign} {_show(right, name, beside)}"
            return f"({text})" if strength < around else text


def _applied(sign: str, left: Fraction | None, right: Fraction | None) -> Fraction | None:
    if left is None or right is None:
        return None
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "×":
        return left * right
    return left / right if right else None


class _Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.finditer(text)
        self._kind, self._next = "", ""
        self._step()

    def whole(self) -> Expression:
        found = self._sum(0)
        if self._kind:
            raise self._unexpected("an operator")
        return found

    def _sum(self, depth: int) -> Expression:
        found = self._product(depth)
        while self._next in ("+", "-"):
            sign = self._take()
            found = Operation(sign, found, self._product(depth))
        return found

    def _product(self, depth: int) -> Expression:
        found = self._factor(depth)
        while self._next in ("*", "×", "/", "÷"):
            sign = self._take()
            found = Operation(_SHOWN.get(sign, sign), found, self._factor(depth))
        return found

    def _factor(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise ValueError(f"is nested deeper than {_DEEPEST}; derive a part of it as an indicator of its own")
        if self._kind == "number":
            return Number(self._take())
        if self._kind == "name":
            return Part(self._take())
        if self._next == "-":
            self._take()
            return Negated(self._factor(depth + 1))
        if self._next == "(":
            self._take()
            found = self._sum(depth + 1)
            if self._next != ")":
                raise self._unexpected("a closing bracket")
            self._take()
            return found
        raise self._unexpected("an indicator or a number")

    def _take(self) -> str:
        token = self._next
        self._step()
        return token

    def _step(self) -> None:
        found = next(self._tokens, None)
        self._kind, self._next = ("", "") if found is None else (str(found.lastgroup), found.group())
        if self._kind == "other":
            raise ValueError(
                f"has a character that means nothing at {self._next[:20]!r}; "
                "use names of indicators, numbers, + - * / and brackets"
            )

    def _unexpected(self, wanted: str) -> ValueError:
        found = repr(self._next) if self._kind else "its end"
        return ValueError(f"needs {wanted} before {found}; write for example first-pass-yield * rework-yield")
