"""The named rules: Nelson's eight and the four of Western Electric, each with its usual parameters.

Another length or line is another rule object: `replace(nelson(2), window=8, needed=8)`.
"""

from collections.abc import Iterable, Mapping

from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.judging import RuleSet
from services.analytics.domain.spc.run_rules import Alternation, Avoiding, Beyond, Hugging, RunRule, Trend

NELSON: Mapping[int, RunRule] = {
    1: Beyond("N1", line=3),
    2: Beyond("N2", line=0, needed=9, window=9),
    3: Trend("N3", points=6),
    4: Alternation("N4", points=14),
    5: Beyond("N5", line=2, needed=2, window=3),
    6: Beyond("N6", line=1, needed=4, window=5),
    7: Hugging("N7", points=15, line=1),
    8: Avoiding("N8", points=8, line=1),
}
"""Nelson 1984, tests 1 to 8."""

WESTERN_ELECTRIC: Mapping[int, RunRule] = {
    1: Beyond("WE1", line=3),
    2: Beyond("WE2", line=2, needed=2, window=3),
    3: Beyond("WE3", line=1, needed=4, window=5),
    4: Beyond("WE4", line=0, needed=8, window=8),
}
"""Western Electric Statistical Quality Control Handbook 1956, pages 23 to 28."""

DEFAULT_NELSON = (1, 2, 5, 6)
"""One false alarm in 109 points; rule 3 would cost a fifth of that and hardly finds a shift sooner (decision 10)."""


def nelson(numbers: Iterable[int] = DEFAULT_NELSON, *, complete_windows: bool = True) -> RuleSet:
    return RuleSet(tuple(_rule(NELSON, number) for number in numbers), complete_windows)


def western_electric(numbers: Iterable[int] = (1, 2, 3, 4), *, complete_windows: bool = True) -> RuleSet:
    return RuleSet(tuple(_rule(WESTERN_ELECTRIC, number) for number in numbers), complete_windows)


def _rule(catalogue: Mapping[int, RunRule], number: int) -> RunRule:
    if number not in catalogue:
        raise InvalidStatisticsInput("numbers", problem=f"hold {number}", remedy=f"choose from {sorted(catalogue)}")
    return catalogue[number]
