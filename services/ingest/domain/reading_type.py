"""A reading type: a named shape of readings, dimensions and measures, with what each may be."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a reading.

    Attributes:
        unit: as `pint` writes it; what mappings convert to.
        minimum, maximum: closed bounds in that unit; None for none.
        at_most: another measure of the same reading that this one may not exceed.
        optional: whether it may be missing or null; the reading then has no value there.
    """

    name: str
    unit: str = "1"
    minimum: float | None = None
    maximum: float | None = None
    at_most: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ReadingType:
    """One version of a reading type. `dimensions` maps names to the values that are allowed, None for any."""

    name: str
    version: int
    dimensions: Mapping[str, frozenset[str] | None]
    measures: Mapping[str, Measure]
