"""What the detector remembers of one series: a few hundred numbers, whatever its length."""

from collections.abc import Mapping
from typing import Any, Final

from services.analytics.domain.seasonal.departures import Departures
from services.analytics.domain.seasonal.expectation import Expectation
from services.analytics.domain.seasonal.restraint import Restraint

Plain = dict[str, Any]

_FORM: Final = 1  # raised whenever what is remembered changes its meaning


class SeasonalState:
    """Of one series; new ones know nothing."""

    __slots__ = ("departures", "expectation", "last_time", "points", "restraint")

    def __init__(self) -> None:
        self.points = 0.0
        self.last_time = 0.0
        self.expectation = Expectation()
        self.departures = Departures()
        self.restraint = Restraint()

    def to_plain(self) -> Plain:
        """Numbers, lists and mappings, as JSON and msgpack hold them; nothing is rounded."""
        return {"form": _FORM, **_plain(self)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "SeasonalState":
        """The inverse of `to_plain`: goes on exactly as the first would have.

        Raises:
            ValueError: it is of another form or not whole; the series must then be learned anew.
        """
        if plain.get("form") != _FORM:
            raise ValueError(f"the state is of form {plain.get('form')}, not {_FORM}; learn the series anew")
        state = cls()
        _restore(state, plain)
        return state


def _plain(part: Any) -> Any:
    if isinstance(part, float):
        return part
    if isinstance(part, list):
        return list(part)
    return {name: _plain(getattr(part, name)) for name in part.__slots__}


def _restore(part: Any, plain: Mapping[str, Any]) -> None:
    for name in part.__slots__:
        present, stored = getattr(part, name), plain.get(name)
        if isinstance(present, float) and isinstance(stored, int | float):
            setattr(part, name, float(stored))
        elif isinstance(present, list) and isinstance(stored, list) and len(stored) == len(present):
            setattr(part, name, [float(number) for number in stored])
        elif hasattr(present, "__slots__") and isinstance(stored, Mapping):
            _restore(present, stored)
        else:
            raise ValueError(f"the state has no {name}, or not as it should be; learn the series anew")
