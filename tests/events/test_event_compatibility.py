"""Every version of every published event can be read for ever: one full example of each lies in `golden/`.

An example that no longer decodes means that old records on somebody's log no longer do. Do not edit an example to make a test
pass; publish a new version of the event and read both.
"""

import json
import types
import typing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import polars as pl
import pytest

from shared.events import anomalies, goal_changes, kpi_values
from shared.events.blocks import decode_block
from shared.events.envelope import Contract, Envelope, decode, encode, type_of
from shared.events.pane_deltas import decode_marks, encode_marks
from shared.events.readings import FIXED_COLUMNS, identity_hash
from tools.reference.asyncapi import PUBLISHED, contract_of

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = sorted(GOLDEN.glob("andon.*.json"))
VOCABULARIES: dict[str, Any] = {
    "severity": anomalies.Severity,
    "deviation": anomalies.Deviation,
    "clearing": anomalies.Clearing,
    "status": kpi_values.Status,
    "judgement": kpi_values.Judgement,
    "direction": kpi_values.Direction,
    "comparator": goal_changes.Comparator,
    "health": goal_changes.Health,
}


def read(example: Path) -> Envelope[Any]:
    value = example.read_bytes()
    return decode(value, contract_of(type_of(value)))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_old_event_is_still_read_and_nothing_of_it_is_lost(example: Path) -> None:
    """A field that was removed or renamed is missing from what is written back; a new one without default is not read."""
    assert json.loads(encode(read(example))) == json.loads(example.read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_named_for_its_type(example: Path) -> None:
    assert read(example).type == example.stem


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_what_a_later_version_adds_is_passed_over(example: Path) -> None:
    document = json.loads(example.read_text(encoding="utf-8"))
    later = {**document, "added": 1, "data": {**document["data"], "added": {"deep": [1]}}}
    value = json.dumps(later).encode()
    assert decode(value, contract_of(type_of(value))) == read(example)


@pytest.mark.parametrize("contract", [item.contract for item in PUBLISHED], ids=lambda contract: contract.__name__)
def test_each_field_of_a_contract_stands_in_an_example(contract: type[Contract]) -> None:
    """Otherwise it could be taken away unnoticed. A new field goes into the newest example."""
    examples = [json.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES]
    shown = [example["data"] for example in examples if contract_of(example["type"]) is contract]
    assert missing(contract, shown) == []


@pytest.mark.parametrize("item", [item for item in PUBLISHED if item.types], ids=lambda item: item.contract.__name__)
def test_each_listed_type_has_an_example(item: Any) -> None:
    assert [name for name in item.types if not (GOLDEN / f"{name}.json").exists()] == []


def test_no_word_of_a_closed_list_is_taken_away() -> None:
    golden = json.loads((GOLDEN / "vocabularies.v1.json").read_text(encoding="utf-8"))
    assert golden.keys() == VOCABULARIES.keys()
    lost = {name: set(words) - set(get_args(VOCABULARIES[name])) for name, words in golden.items()}
    assert {name: words for name, words in lost.items() if words} == {}


def test_an_old_block_of_readings_is_still_read() -> None:
    frame = decode_block((GOLDEN / "readings.v1.arrow").read_bytes())
    measures = {"measure.inspected": pl.Float64(), "measure.passed": pl.Float64()}
    assert frame.schema == pl.Schema({**FIXED_COLUMNS, "dimension.line": pl.String(), **measures})
    assert frame.row(1) == (
        "shift-002",
        identity_hash("mes-7", "shift-002"),
        "mes-7",
        datetime(2026, 3, 3, 6, 0, 0, 250000, tzinfo=UTC),
        None,
        500.0,
        None,
    )


def test_old_watermark_marks_are_still_read() -> None:
    old = json.loads((GOLDEN / "pane-deltas-marks.v1.json").read_bytes())
    newest = json.loads((GOLDEN / "pane-deltas-marks.v2.json").read_bytes())
    assert json.loads(encode_marks(decode_marks(json.dumps(newest).encode()))) == newest
    assert json.loads(encode_marks(decode_marks(json.dumps(old).encode()))) == [{**one, "ends": {}} for one in old]


def missing(shape: Any, values: list[Any], at: str = "") -> list[str]:
    """Places of a shape, nested ones included, for which none of the values has anything but null."""
    there = [value for value in values if value is not None]
    if not there:
        return [at]
    inner = [option for option in get_args(shape) if option is not types.NoneType]
    if typing.get_origin(shape) in (typing.Union, types.UnionType):
        return missing(inner[0], there, at)
    if typing.get_origin(shape) is list:
        return missing(inner[0], [item for value in there for item in value], f"{at}[]")
    if not (isinstance(shape, type) and issubclass(shape, msgspec.Struct)):
        return []
    return [
        lacking
        for field in msgspec.structs.fields(shape)
        for lacking in missing(field.type, [value.get(field.name) for value in there], f"{at}.{field.name}")
    ]
