"""The simulation finds what it is there to find: with one protection switched off, some seed fails."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from sqlalchemy import bindparam, delete, select, update

from services.analytics.adapters.evaluate_tables import EVALUATE_PARTITIONS
from services.analytics.adapters.partition_store import SqlPartitionStore, decode_state
from services.analytics.domain import checkpoint
from services.analytics.domain.checkpoint import FROM_THE_BEGINNING, NEWEST, Resumption
from services.analytics.domain.episode import starting_point
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.seen_ids import SeenIds
from services.analytics.use_cases import judged_series, remembering
from services.analytics.use_cases.closing_windows import ClosingWindows
from services.analytics.use_cases.expecting import Expecting
from shared.database import unit_of_work
from shared.database.inbox import Inbox
from shared.database.outbox import Relay
from shared.eventlog.port import NewRecord
from simulation.verdict import run_seed
from simulation.world import Plant

MOST_SEEDS = 60
SwitchOff = Callable[[pytest.MonkeyPatch], None]


def count_every_copy(patch: pytest.MonkeyPatch) -> None:
    """The fold does not ask whether it has seen an id."""
    patch.setattr(SeenIds, "first_seen", lambda _self, hashes: np.ones(hashes.size, dtype=np.bool_))


def move_positions_unasked(patch: pytest.MonkeyPatch) -> None:
    """A position is set wherever it stands."""

    def advance(connection: Any, tables: Any, progress: Any) -> None:
        columns = tables.positions.c
        connection.change(
            update(tables.positions)
            .where(
                columns.consumer == progress.consumer,
                columns.topic == progress.topic,
                columns.partition == progress.partition,
            )
            .values(next_offset=progress.next_offset)
        )

    patch.setattr(unit_of_work, "advance", advance)


def take_every_number(patch: pytest.MonkeyPatch) -> None:
    """A record is applied whatever its number."""
    patch.setattr(Inbox, "accept", lambda _self, _delivery: True)


def number_in_memory(patch: pytest.MonkeyPatch) -> None:
    """The relay goes on counting when it appends again."""
    to_records = Relay._to_records
    counted: dict[tuple[int, str, int | None], int] = {}

    def numbered(relay: Relay, row: Any) -> Iterator[NewRecord]:
        for record in to_records(relay, row):
            headers = dict(record.headers)
            key = (id(relay), record.topic, record.partition)
            counted[key] = counted.get(key, int(headers["andon-sequence"]) - 1) + 1
            yield record._replace(headers=tuple({**headers, "andon-sequence": str(counted[key]).encode()}.items()))

    patch.setattr(Relay, "_to_records", numbered)


def delete_by_id_alone(patch: pytest.MonkeyPatch) -> None:
    """The relay deletes what it has appended although the id may be another row's by now."""

    def forget(relay: Relay, connection: Any) -> None:
        outbox = relay._tables.outbox
        gone = [{"row_id": row.id} for row in relay._appended]
        connection.execute_many(delete(outbox).where(outbox.c.id == bindparam("row_id")), gone)

    patch.setattr(Relay, "_forget_appended", forget)


def claim_any_revision(patch: pytest.MonkeyPatch) -> None:
    """Stage two writes to a partition whoever has written to it meanwhile, and positions do not stop it either."""

    def claim(store: SqlPartitionStore, fence: Any) -> Any:
        columns = EVALUATE_PARTITIONS.c
        found = store._connection.execute(select(columns.state).where(columns.partition == fence.partition))
        return decode_state(found.scalar_one())

    patch.setattr(SqlPartitionStore, "claim", claim)
    move_positions_unasked(patch)


def go_on_from_the_newest(patch: pytest.MonkeyPatch) -> None:
    """A rule judges on from what it remembers last, whatever has changed before that, and goes on remembering it."""

    def resumption(_rule: Any, known: Any, begins: Any, **_: Any) -> Any:
        newest = next((one for one in known if one.slot == NEWEST), None)
        return FROM_THE_BEGINNING if newest is None else Resumption(begins, newest)

    patch.setattr(remembering, "resumption", resumption)
    patch.setattr(remembering, "out_of_date", lambda *_: [])


def go_on_from_any_anchor(patch: pytest.MonkeyPatch) -> None:
    """A rule judges on from the last anchor, whether or not that has seen what has changed."""

    def resumption(rule: Any, known: Any, begins: Any, *, phase_starts: Any) -> Any:
        newest = [one for one in known if one.slot == NEWEST]
        found = checkpoint.resumption(rule, newest, begins, phase_starts=phase_starts)
        anchor = max((one for one in known if one.slot != NEWEST), key=lambda one: one.until, default=None)
        return found if anchor is None or found.checkpoint is not None else Resumption(begins, anchor)

    patch.setattr(remembering, "resumption", resumption)


def wait_for_readings_alone(patch: pytest.MonkeyPatch) -> None:
    """No window comes due by time, so nothing is missed where nothing comes."""
    patch.setattr(Expecting, "look", lambda _self, _scope, state, _closes: (state, [], False))


def go_on_with_what_was_filled(patch: pytest.MonkeyPatch) -> None:
    """An anomaly of missing data goes on with the next window that lacks some, although its own have been filled."""
    patch.setattr(
        judged_series,
        "starting_point",
        lambda known, changed, *, before, **_: starting_point(known, changed, before=before),
    )


PROTECTIONS = [
    count_every_copy, move_positions_unasked, take_every_number, number_in_memory, delete_by_id_alone, claim_any_revision,
    go_on_from_the_newest, go_on_from_any_anchor, wait_for_readings_alone, go_on_with_what_was_filled,
]  # fmt: skip


@pytest.mark.parametrize("switch_off", PROTECTIONS, ids=lambda one: one.__name__)
def test_without_a_protection_some_seed_fails(
    plant: Plant, switch_off: SwitchOff, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch)
    assert any(run_seed(plant, seed).wrong for seed in range(MOST_SEEDS))


def test_windows_of_a_backlog_wait_for_one_another(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """In some seed they do; otherwise nothing would be known of what they are closed by later."""
    answers: list[bool] = []
    may_wait = ClosingWindows.may_wait

    def ask(self: ClosingWindows, partition: int, state: PartitionState) -> bool:
        answers.append(may_wait(self, partition, state))
        return answers[-1]

    monkeypatch.setattr(ClosingWindows, "may_wait", ask)
    assert any(not run_seed(plant, seed).wrong and any(answers) for seed in range(MOST_SEEDS))
