"""Reading a definition as it was sent: every problem is found, each with its JSON pointer and its remedy."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from shared.runtime.errors import FieldProblem

Value = TypeVar("Value")

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
_LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
_MOST_TEXT = 1000


class Form:
    """The fields of one object, read one by one; `problems` gathers what is wrong with any of them."""

    def __init__(self, fields: Mapping[str, Any], *, pointer: str = "", problems: list[FieldProblem] | None = None):
        self.fields = fields
        self._pointer = pointer
        self.problems: list[FieldProblem] = [] if problems is None else problems

    def only(self, what: str, known: Sequence[str]) -> None:
        """Report fields that are none of `known`."""
        for name in self.fields:
            if name not in known:
                self.report(name, f"is not a field of {what}; use one of {', '.join(known)}")

    def has(self, name: str) -> bool:
        return self.fields.get(name) is not None

    def report(self, name: str, detail: str) -> None:
        self.problems.append(FieldProblem(f"{self._pointer}/{name.replace('~', '~0').replace('/', '~1')}", detail))

    def read(self, name: str, read: Callable[[Any], Value], default: Value) -> Value:
        """The field's value; a field left out is `default`, one that cannot be read is reported and `default` too."""
        if not self.has(name):
            return default
        try:
            return read(self.fields[name])
        except (ValueError, TypeError) as error:
            self.report(name, str(error))
            return default

    def require(self, name: str, read: Callable[[Any], Value], placeholder: Value, *, remedy: str) -> Value:
        """As `read`, but a field left out is reported."""
        if not self.has(name):
            self.report(name, f"is missing; {remedy}")
        return self.read(name, read, placeholder)

    def part(self, name: str, remedy: str) -> "Form":
        """The object under a field. If it is missing or something else, that alone is reported, and not what it lacks."""
        fields = self.fields.get(name)
        if isinstance(fields, Mapping):
            return Form(fields, pointer=f"{self._pointer}/{name}", problems=self.problems)
        self.report(name, remedy)
        return Form({}, pointer=f"{self._pointer}/{name}")


def a_name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError(f"{value!r} is not a name; use up to 100 letters, digits, '.', '_' and '-'")
    return value


def a_text(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > _MOST_TEXT or not _is_storable(value):
        raise ValueError(f"write a text of 1 to {_MOST_TEXT} characters without NUL")
    return value


def one_of(choices: Sequence[str], what: str) -> Callable[[Any], str]:
    """A reader of a closed vocabulary; the remedy names all of it."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is not {what}; use one of {', '.join(choices)}")
        return str(value)

    return read


def a_whole_number(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"{value!r} is not a whole number from {least} to {most}")
        return value

    return read


def yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def titles(value: Any) -> Mapping[str, str]:
    """A text, taken as English, or language → text."""
    if isinstance(value, str):
        return {"en": a_text(value)}
    if not isinstance(value, Mapping) or not value:
        raise TypeError('write a text, or one per language as in {"en": "First-pass yield", "zh": "一次交验合格率"}')
    if not all(isinstance(language, str) and _LANGUAGE.fullmatch(language) for language in value):
        raise ValueError("languages are codes such as en, zh or pt-BR")
    return {language: a_text(text) for language, text in value.items()}


def names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("write a list of names such as [line, product]")
    read = tuple(a_name(name) for name in value)
    if len(set(read)) != len(read):
        raise ValueError("a name stands in the list twice")
    return read


def dimension_values(value: Any) -> Mapping[str, str]:
    """Dimension → one value."""
    if not isinstance(value, Mapping):
        raise TypeError('write one value per dimension, as in {"line": "A"}')
    return {a_name(dimension): a_text(wanted) for dimension, wanted in value.items()}


def dimension_choices(value: Any) -> Mapping[str, tuple[str, ...]]:
    """Dimension → the values that count; a single value may stand alone."""
    if not isinstance(value, Mapping):
        raise TypeError('write the values that count per dimension, as in {"channel": ["phone", "chat"]}')
    return {a_name(dimension): _choices(wanted) for dimension, wanted in value.items()}


def _choices(value: Any) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not values:
        raise TypeError('list at least one value, as in {"channel": ["phone", "chat"]}')
    return tuple(dict.fromkeys(a_text(wanted) for wanted in values))


def _is_storable(text: str) -> bool:
    """No NUL, which PostgreSQL refuses, and no lone surrogate, which is no text at all."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
