"""Everything a run comes to, as plain values, and the differences between two of them in words."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar

Subject = tuple[tuple[str, str], ...]
Counted = TypeVar("Counted", bound=tuple[object, ...])


class ValueKey(NamedTuple):
    indicator: str
    subject: Subject
    start: datetime


class Value(NamedTuple):
    """`is_final` for final and restated ones. `sample_size` is the number of readings counted."""

    value: float
    sample_size: int
    is_final: bool


class Episode(NamedTuple):
    """Windows are named by their starts. `rule` is the rule's name, or `goal` and its goal set's."""

    rule: str
    subject: Subject
    raised: datetime
    cleared: datetime | None


@dataclass(frozen=True, slots=True)
class Result:
    """What Andon says, or what the reference says that it must say.

    Attributes:
        issues: subject → how many episodes its one issue has gathered.
        quarantine: (event id, reason, state) → number of entries, for reasons that no definition can mend.
        flaws: what must not be, whatever was sent, in words: two issues of one subject, an episode without an issue.
    """

    values: Mapping[ValueKey, Value]
    episodes: Counter[Episode]
    issues: Mapping[Subject, int]
    quarantine: Counter[tuple[str, str, str]]
    flaws: tuple[str, ...] = ()


def subject_of(values: Mapping[str, str]) -> Subject:
    return tuple(sorted(values.items()))


@dataclass(frozen=True, slots=True)
class Difference:
    """How a run differs from the reference. `lost` and `doubled` count readings over all values."""

    lost: int
    doubled: int
    sentences: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        return not self.sentences


def compare(seen: Result, wanted: Result) -> Difference:
    """Everything that differs, each in a sentence that begins with what it is about."""
    keys = sorted({*seen.values, *wanted.values})
    differing = [key for key in keys if seen.values.get(key) != wanted.values.get(key)]
    surplus = [_sample(seen, key) - _sample(wanted, key) for key in keys]
    sentences = [
        *(f"value {_text(key)}: {seen.values.get(key)} instead of {wanted.values.get(key)}" for key in differing),
        *_differences("episode", seen.episodes, wanted.episodes),
        *_differences("quarantine entry", seen.quarantine, wanted.quarantine),
        *_differences("issue", Counter(dict(seen.issues)), Counter(dict(wanted.issues))),
        *(f"flaw: {flaw}" for flaw in seen.flaws),
    ]
    return Difference(
        lost=-sum(one for one in surplus if one < 0),
        doubled=sum(one for one in surplus if one > 0),
        sentences=tuple(sentences),
    )


def _sample(result: Result, key: ValueKey) -> int:
    value = result.values.get(key)
    return 0 if value is None else value.sample_size


def _differences(what: str, seen: Counter[Counted], wanted: Counter[Counted]) -> Iterable[str]:
    for one in sorted({*seen, *wanted}, key=str):
        if seen[one] != wanted[one]:
            yield f"{what} {_text(one)}: {seen[one]} instead of {wanted[one]}"


def _text(key: tuple[object, ...]) -> str:
    return " ".join(part.isoformat() if isinstance(part, datetime) else str(part) for part in key)
