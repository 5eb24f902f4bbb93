"""Show the indicators that are defined: who answers for each, what it computes, from which data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.analytics.domain.catalogue import Definition
from services.analytics.domain.definition_changes import ChangedVersion, with_changes
from services.analytics.domain.errors import UnknownIndicator
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.indicator_form import read_indicator
from services.analytics.domain.measure_units import KnownUnits, measured_unit_problem
from services.analytics.ports.reading import AnalyticsReader, Readers

_SCANNED = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One indicator as the dictionary shows it.

    Attributes:
        sources: registered sources that have sent readings of its type, in order of their names.
        problems: what keeps its readings from being counted, and what its unit is at odds with, one sentence each.
    """

    definition: Definition
    indicator: Indicator
    sources: Sequence[str] = ()
    problems: Sequence[str] = ()

    @property
    def data_source(self) -> str:
        """In the owner's words, or else which sources send which type of readings, or which indicators it is computed from."""
        if self.indicator.data_source is not None:
            return self.indicator.data_source
        if self.indicator.formula.parts:
            return ", ".join(self.indicator.formula.parts)
        kind = self.indicator.reading_type
        return f"{', '.join(self.sources)} ({kind})" if self.sources else kind


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which indicators are asked for; None for any. An owner's deputy does not count as owner."""

    owner: str | None = None
    reading_type: str | None = None

    def takes(self, indicator: Indicator) -> bool:
        return self.owner in (None, indicator.owner) and self.reading_type in (None, indicator.reading_type)


@dataclass(frozen=True, slots=True)
class QueryDictionary:
    """Indicators at their newest versions."""

    readers: Readers

    def one(self, name: str) -> Entry:
        """Raises UnknownIndicator."""
        with self.readers() as reader:
            found = reader.definition("indicator", name)
            if found is None:
                raise UnknownIndicator(f"there is no indicator {name!r}")
            return _Entries.of(reader).entry(found)

    def versions(self, name: str) -> Sequence[ChangedVersion]:
        """The oldest first. Raises UnknownIndicator."""
        with self.readers() as reader:
            found = reader.versions("indicator", name)
        if not found:
            raise UnknownIndicator(f"there is no indicator {name!r}")
        return with_changes(found)

    def page(self, wanted: EntryFilter, *, after: str | None, limit: int) -> Sequence[Entry]:
        """In order of their names."""
        found: list[Entry] = []
        with self.readers() as reader:
            entries = _Entries.of(reader)
            while len(found) < limit:
                scanned = reader.definitions("indicator", after=after, limit=_SCANNED)
                shown = (entries.entry(definition) for definition in scanned)
                found += [entry for entry in shown if wanted.takes(entry.indicator)]
                if len(scanned) < _SCANNED:
                    break
                after = scanned[-1].name
        return found[:limit]


@dataclass(frozen=True, slots=True)
class _Entries:
    """What is known beside the definitions."""

    missing: Mapping[str, Sequence[str]]
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    units: KnownUnits = field(default_factory=dict)

    @staticmethod
    def of(reader: AnalyticsReader) -> "_Entries":
        sources: dict[str, set[str]] = {}
        for state in reader.partition_states():
            for source in state.watermarks.sources:
                sources.setdefault(source.reading_type, set()).add(source.name)
        return _Entries(
            reader.missing_columns(), {kind: sorted(names) for kind, names in sources.items()}, reader.known_units()
        )

    def entry(self, definition: Definition) -> Entry:
        indicator = read_indicator(definition.name, definition.computed_as, definition.body)
        problems = [
            f"its readings have no {column.replace('.', ' ', 1)}" for column in self.missing.get(definition.name, ())
        ]
        unit = measured_unit_problem(indicator, self.units)
        if unit is not None:
            problems.append(f"its unit: {unit}")
        return Entry(definition, indicator, self.sources.get(indicator.reading_type, ()), problems)
