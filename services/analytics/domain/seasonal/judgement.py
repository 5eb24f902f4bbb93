"""What the seasonal detector says of one point, and why."""

from enum import StrEnum

from msgspec import Struct


class Reason(StrEnum):
    """Closed list: the first group is refused and changes nothing, the last is surprising."""

    VALUE_MISSING = "value-missing"
    VALUE_NOT_FINITE = "value-not-finite"
    VALUE_OUT_OF_RANGE = "value-out-of-range"
    TIME_NOT_FINITE = "time-not-finite"
    TIME_NOT_AFTER_LAST = "time-not-after-last"
    HOUR_OUT_OF_RANGE = "hour-out-of-range"

    LEARNING = "learning"
    AS_EXPECTED = "as-expected"
    SAME_EPISODE = "same-episode"
    HAPPENS_OFTEN = "happens-often"

    AWAY_FROM_SEASON = "away-from-season"
    AWAY_FROM_RECENT_LEVEL = "away-from-recent-level"
    SUDDEN_CHANGE = "sudden-change"
    AWAY_FOR_A_WHILE = "away-for-a-while"


SURPRISING = frozenset(
    {
        Reason.AWAY_FROM_SEASON,
        Reason.AWAY_FROM_RECENT_LEVEL,
        Reason.SUDDEN_CHANGE,
        Reason.AWAY_FOR_A_WHILE,
    }
)

REFUSED = frozenset(
    {
        Reason.VALUE_MISSING,
        Reason.VALUE_NOT_FINITE,
        Reason.VALUE_OUT_OF_RANGE,
        Reason.TIME_NOT_FINITE,
        Reason.TIME_NOT_AFTER_LAST,
        Reason.HOUR_OUT_OF_RANGE,
    }
)
"""With these the point was not judged and the state is as before."""


class Judgement(Struct, frozen=True, gc=False):
    """One point's judgement, by what came before it.

    Attributes:
        expected: what the value was expected to be, in its own unit; None when refused; for the first point it is the value.
        spread: the usual distance from that at this hour, in the value's unit; None when refused.
        departure: the least likely one, in usual distances of its kind; above 0 where the value is higher than usual. 0 while learning.
        score: 0 to 1; 0.5 stands for a departure met once in a thousand points, 1 for once in a million. It is lowered for what
            happens often, and 0 for what an episode that was told already explains.
        tail_probability: the chance of such a departure, not lowered by anything; 1 while learning.
        surprising: it is rarer than configured, and news.
        reason: which departure was the least likely, or why nothing is said.
    """

    expected: float | None
    spread: float | None
    departure: float
    score: float
    tail_probability: float
    surprising: bool
    reason: Reason
