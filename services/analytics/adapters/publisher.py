"""What analytics tells the other services: KPI values, anomalies and definitions, as records of the outbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.analytics.adapters.pane_delta_records import blocks, pane_delta_record
from services.analytics.adapters.value_events import value_records
from services.analytics.domain.anomaly import Anomaly, Change, ChangeKind
from services.analytics.domain.calendar_form import calendar_body
from services.analytics.domain.catalogue import Catalogue, Definition
from services.analytics.domain.episode import Evidence
from services.analytics.domain.finding import Yardstick
from services.analytics.domain.formula_text import counting_periods, formula_texts
from services.analytics.domain.history import PaneKeys, no_panes
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.value_frame import Values
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Window
from shared.database.outbox import Outbox
from shared.eventlog.port import NewRecord
from shared.events.anomalies import (
    ANOMALY_CLEARED,
    ANOMALY_RAISED,
    ANOMALY_UPDATED,
    ANOMALY_WITHDRAWN,
    AnomalySnapshot,
    EvidenceValue,
    YardstickUsed,
)
from shared.events.definitions import CALENDAR_DEFINED, INDICATOR_DEFINED, CalendarDefined, IndicatorDefined
from shared.events.envelope import CONTENT_TYPE, Contract, Envelope, encode
from shared.events.kpi_values import WindowSpan
from shared.events.pane_deltas import DERIVE_HEADER
from shared.events.topics import ANOMALIES, DEFINITIONS, KPI_VALUES
from shared.runtime.identifiers import IdSource

_SOURCE = "analytics"
_HEADERS = (("content-type", CONTENT_TYPE.encode()),)

_VALUES_AT_ONCE = 20_000
"""As events they take 1.4 kB each, before they are packed."""

_DERIVE = (DERIVE_HEADER, b"")

_ANOMALY_TYPES: Mapping[ChangeKind, str] = {
    ChangeKind.RAISED: ANOMALY_RAISED,
    ChangeKind.UPDATED: ANOMALY_UPDATED,
    ChangeKind.CLEARED: ANOMALY_CLEARED,
    ChangeKind.WITHDRAWN: ANOMALY_WITHDRAWN,
}


class OutboxEvents:
    """`EvaluationEvents` and `DefinitionEvents`, for the length of one transaction."""

    def __init__(self, outbox: Outbox, ids: IdSource) -> None:
        self._outbox = outbox
        self._ids = ids

    def values(self, values: Values, catalogue: Catalogue, now: datetime) -> None:
        for begin in range(0, values.height, _VALUES_AT_ONCE):
            part = values.slice(begin, _VALUES_AT_ONCE)
            ids = self._ids.many(part.height)
            records = value_records(part, catalogue, ids=ids, source=_SOURCE, headers=_HEADERS, now=now)
            self._outbox.add_alike(KPI_VALUES, records, recorded_at=now)

    def anomalies(self, changes: Sequence[Change], now: datetime) -> None:
        records = [
            self._record(
                ANOMALIES,
                _ANOMALY_TYPES[change.kind],
                change.anomaly.key.text,
                data=_snapshot(change.anomaly),
                now=now,
            )
            for change in changes
        ]
        self._outbox.add(records, recorded_at=now)

    def derive(self, windows: Sequence[PaneKeys], now: datetime) -> None:
        records = [
            pane_delta_record(number, block, (_DERIVE,))
            for number, part in enumerate(windows)
            if not part.is_empty()
            for block in blocks(part)
        ]
        self._outbox.add(records, recorded_at=now)

    def look_again(self, partitions: int, now: datetime) -> None:
        [nothing] = blocks(no_panes())
        records = [pane_delta_record(number, nothing, (_DERIVE,)) for number in range(partitions)]
        self._outbox.add(records, recorded_at=now)

    def calendar_defined(self, definition: Definition, calendar: Calendar, now: datetime) -> None:
        days = calendar_body(calendar)
        data = CalendarDefined(name=definition.name, version=definition.version, definition=days)
        record = self._record(DEFINITIONS, CALENDAR_DEFINED, definition.name, data=data, now=now)
        self._outbox.add([record], recorded_at=now)

    def indicator_defined(self, definition: Definition, indicator: Indicator, now: datetime) -> None:
        data = IndicatorDefined(
            name=indicator.name,
            version=definition.version,
            title=dict(indicator.title),
            reading_type=indicator.reading_type,
            formula=indicator.formula.kind,
            by=list(indicator.by),
            calendar=indicator.calendar,
            direction=indicator.direction,
            minimum_sample=indicator.minimum_sample,
            unit=indicator.unit,
            owner=indicator.owner,
            deputy=indicator.deputy,
            data_source=indicator.data_source,
            formula_text=formula_texts(indicator),
            counting_period=counting_periods(indicator),
            effective_from=indicator.effective_from,
        )
        record = self._record(DEFINITIONS, INDICATOR_DEFINED, definition.name, data=data, now=now)
        self._outbox.add([record], recorded_at=now)

    def _record(self, topic: str, event_type: str, subject: str, *, data: Contract, now: datetime) -> NewRecord:
        return _record(topic, _envelope(self._ids.next(), event_type, subject, data=data, now=now))


def _envelope(new_id: str, event_type: str, subject: str, *, data: Contract, now: datetime) -> Envelope[Any]:
    return Envelope(id=new_id, source=_SOURCE, type=event_type, subject=subject, time=now, recordedtime=now, data=data)


def _record(topic: str, event: Envelope[Any]) -> NewRecord:
    return NewRecord(topic, encode(event), key=event.subject.encode(), headers=_HEADERS)


def _snapshot(anomaly: Anomaly) -> AnomalySnapshot:
    return AnomalySnapshot(
        anomaly_id=anomaly.id,
        rule=anomaly.rule,
        rule_version=anomaly.rule_version,
        rule_kind=anomaly.rule_kind,
        indicator=anomaly.key.indicator,
        indicator_version=anomaly.key.indicator_version,
        indicator_direction=anomaly.indicator_direction,
        indicator_title=dict(anomaly.indicator_title),
        subject=dict(anomaly.subject),
        state=anomaly.state,
        direction=anomaly.direction,
        severity=anomaly.severity,
        opens_issue=anomaly.opens_issue,
        reason=anomaly.reason,
        comparator=anomaly.comparator,
        target=anomaly.target,
        values=[_evidence(seen) for seen in anomaly.episode.evidence],
        raised_at=anomaly.raised_at,
        cleared_at=anomaly.cleared_at,
        withdrawn_at=anomaly.withdrawn_at,
        goal_id=anomaly.goal_id,
        reasons=dict(anomaly.reasons),
        meaning=anomaly.meaning,
        clear_after=anomaly.clear_after,
        cleared_by=None if anomaly.episode.clearing is None else _evidence(anomaly.episode.clearing),
        cleared_because=anomaly.cleared_because,
    )


def _evidence(seen: Evidence) -> EvidenceValue:
    return EvidenceValue(
        window=_span(seen.window),
        value=seen.value,
        numerator=seen.numerator,
        denominator=seen.denominator,
        sample_size=seen.sample_size,
        revision=seen.revision,
        limit=seen.limit,
        compared=seen.compared,
        yardstick=None if seen.yardstick is None else _yardstick(seen.yardstick),
    )


def _yardstick(used: Yardstick) -> YardstickUsed:
    return YardstickUsed(
        centre=used.centre,
        lower=used.lower,
        upper=used.upper,
        statistic=used.statistic,
        phase=used.phase,
        points=used.points,
        patterns=list(used.patterns),
    )


def _span(window: Window) -> WindowSpan:
    return WindowSpan(start=window.start, end=window.end)
