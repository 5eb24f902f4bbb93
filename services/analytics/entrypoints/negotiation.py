"""Which of several forms of an answer a caller likes best, by `Accept` and `Accept-Language` (RFC 9110, section 12)."""

from collections.abc import Sequence


def preferred(header: str | None, offered: Sequence[str]) -> str:
    """The form with the highest quality; the first of those offered where the header prefers none.

    A header that wants something else altogether gets the first form too: an answer that can be read beats a refusal.
    """
    ranges = [_range(part) for part in (header or "").split(",") if part.strip()]
    return max(offered, key=lambda form: _quality(ranges, form.lower()))


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    given = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return name, float(given)
    except ValueError:
        return name, 0.0


def _quality(ranges: Sequence[tuple[str, float]], form: str) -> float:
    """By the most exact of the ranges that cover the form."""
    covering = [(_exactness(name, form), quality) for name, quality in ranges]
    return max((found for found in covering if found[0]), default=(0, 0.0))[1]


def _exactness(name: str, form: str) -> int:
    """0 where the range does not cover the form. `zh-CN` covers `zh`: it is the nearest that is offered."""
    if name == form or name.partition("-")[0] == form:
        return 3
    if name.endswith("/*") and name != "*/*":
        return 2 if form.startswith(name[:-1]) else 0
    return 1 if name in ("*", "*/*") else 0
