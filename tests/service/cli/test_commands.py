"""The commands that call a running Andon, over real HTTP."""

import json
import threading
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import Result

from services.cli.client import CallFailed
from services.cli.load import CannotLoad
from tests.service.cli.conftest import Andon

pytestmark = pytest.mark.network

ROOT = Path(__file__).resolve().parents[3]
DEFINITIONS = str(ROOT / "examples" / "first-issue" / "definitions")

HEADER = "day,line,product,total,passed\n"


@pytest.fixture
def defined(andon: Andon) -> Andon:
    assert andon("apply", DEFINITIONS).exit_code == 0
    return andon


def load(andon: Andon, file: Path, *options: str) -> list[str]:
    columns = ("--id-column", "day", "--time-column", "day")
    result = andon("load", str(file), "--source", "mes-7", "--type", "inspection.completed", *(options or columns))
    if result.exception is not None:
        raise result.exception
    return [line.strip() for line in result.stdout.splitlines() if "quarantined" in line or ": " in line]


def answered(result: Result) -> dict[str, Any]:
    """What a command has printed as JSON."""
    if result.exception is not None:
        raise result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def until_it_shows(andon: Andon, wanted: str, *words: str) -> str:
    """What a command prints, asked again while values are still being computed."""
    for _ in range(200):
        shown = andon(*words).stdout
        if wanted in shown:
            break
        threading.Event().wait(0.05)
    return shown


def repaired(original: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(original)
    event["data"]["passed"] = 10
    return event


def test_applying_twice_changes_nothing_and_says_so(defined: Andon) -> None:
    again = defined("apply", DEFINITIONS)
    assert {line.split(": ")[1] for line in again.stdout.splitlines()} == {"unchanged, version 1"}


def test_a_change_makes_a_version(defined: Andon, tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    text = "rules: {another: {indicator: first-pass-yield, kind: target, comparator: '>=', target: %s}}"
    file.write_text(text % "0.9")
    assert defined("apply", str(file)).stdout == "rules/another: created, version 1\n"
    file.write_text(text % "0.91")
    assert defined("apply", str(file)).stdout == "rules/another: changed, version 2\n"


def test_a_refused_definition_is_shown_with_file_name_field_and_remedy(defined: Andon, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("indicators: {wrong: {reading_type: inspection, formula: {kind: median}, direction: up}}")
    result = defined("apply", str(file))
    assert isinstance(result.exception, CallFailed)
    message = str(result.exception)
    assert "wrong.yaml: indicators/wrong" in message
    assert "/window: " in message


def test_rows_of_a_csv_are_events_and_loading_again_is_safe(defined: Andon, tmp_path: Path) -> None:
    file = tmp_path / "shifts.csv"
    file.write_text(HEADER + "2024-10-05,A,pump,100,99\n2024-10-06,A,pump,100,101\n2024-10-07,A,pump,100,\n")
    wanted = ["accepted 1, quarantined 2", "inconsistent-measures: 1", "missing-field: 1"]
    for _ in range(2):
        found = load(defined, file)
        assert found[0] == wanted[0]
        assert sorted(found[1:]) == wanted[1:]


def test_ndjson_and_parquet_are_loaded_alike(defined: Andon, tmp_path: Path) -> None:
    rows = [{"day": f"2024-11-0{day}", "line": "B", "product": "pump", "total": 50, "passed": 49} for day in (1, 2, 3)]
    (tmp_path / "a.ndjson").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    pl.DataFrame(rows).write_parquet(tmp_path / "a.parquet")
    for name in ("a.ndjson", "a.parquet"):
        assert load(defined, tmp_path / name) == ["accepted 3, quarantined 0"]


UNREADABLE = [
    ("a.csv", "line,total\nA,1\n", "row 1 has no column 'day'"),
    ("a.ndjson", '{"day": 1}\n{"day"\n', "line 2"),
    ("a.ndjson", "[1]\n", "a row is an object"),
    ("a.parquet", "not parquet", "a.parquet"),
    ("a.xlsx", "", "name it"),
]


@pytest.mark.parametrize(("name", "content", "says"), UNREADABLE)
def test_a_file_that_cannot_be_read_sends_nothing(
    defined: Andon, tmp_path: Path, name: str, content: str, says: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(CannotLoad, match=says):
        load(defined, tmp_path / name)


def test_a_missing_file_is_named(defined: Andon, tmp_path: Path) -> None:
    with pytest.raises(CannotLoad, match="no such file"):
        load(defined, tmp_path / "gone.csv")


def test_a_topic_is_shown_as_text(defined: Andon, tmp_path: Path) -> None:
    file = tmp_path / "tail.csv"
    file.write_text(HEADER + "2024-12-01,TAIL,pump,10,10\n")
    load(defined, file)
    shown = defined("tail", "definitions", "--from-start", "--limit", "5").stdout
    assert "first-pass-yield" in shown
    assert "plant-shanghai" in shown
    readings = defined("tail", "readings", "--from-start", "--limit", "1").stdout
    assert '"mes-7"' in readings


def test_a_rule_is_tried_before_it_may_act(defined: Andon, tmp_path: Path) -> None:
    rows = [f"2024-{month:02}-{day:02},TRY,pump,100,90" for month in (6, 7, 8) for day in range(1, 29)]
    file = tmp_path / "tried.csv"
    file.write_text(HEADER + "\n".join(rows) + "\n")
    load(defined, file)
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rules: {yield-below-95: {indicator: first-pass-yield, kind: target, comparator: '>=', target: 0.97}}"
    )
    shown = until_it_shows(defined, " 1 both", "dry-run", str(rules), "--subject", "line=TRY")
    assert "yield-below-95 on first-pass-yield, 2024-" in shown
    assert "would have raised 1 anomaly, " in shown
    assert "in theory: not known; the rule says nothing about chance" in shown
    assert "beside version 1 in force: 0 only this, 1 both, 0 only in force" in shown
    assert "line=TRY" in shown
    in_force = defined("dry-run", "yield-below-95", "--subject", "line=TRY", "--to", "2024-06-02").stdout
    assert "not compared: this is the rule in force" in in_force
    assert "would have raised 0 anomalies" in in_force


def test_what_cannot_be_tried_is_named(defined: Andon, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("rules: {new: {indicator: nothing, kind: target, comparator: '>=', target: 0.97}}")
    message = str(defined("dry-run", str(wrong)).exception)
    assert "wrong.yaml: rules/new: " in message
    assert "PUT /v1/indicators/nothing first" in message
    assert "no such file" in str(defined("dry-run", "gone.yaml").exception)
    assert "send the definition" in str(defined("dry-run", "gone").exception)
    assert "write dimension=value" in str(defined("dry-run", "gone", "--subject", "line").exception)
    wrong.write_text("calendars: {}")
    assert "holds no rules" in str(defined("dry-run", str(wrong)).exception)


def test_an_unknown_topic_is_named(andon: Andon) -> None:
    assert "no topic" in str(andon("tail", "nonsense").exception)


def test_quarantined_events_are_shown_released_discarded_and_replayed(defined: Andon, tmp_path: Path) -> None:
    file = tmp_path / "quarantine.csv"
    file.write_text(HEADER + "2024-12-02,Q,pump,10,11\n2024-12-03,Q,pump,10,12\n2024-12-04,Q,pump,10,13\n")
    load(defined, file)
    listed = defined("quarantine", "list", "--reason", "inconsistent-measures").stdout.splitlines()
    entries = {
        day: line.split("│")[1].strip() for line in listed for day in ("2024-12-02", "2024-12-03") if day in line
    }
    shown = answered(defined("quarantine", "show", entries["2024-12-02"]))
    assert shown["reason"] == "inconsistent-measures"

    corrected = tmp_path / "corrected.json"
    corrected.write_text(json.dumps(repaired(shown["original"])))
    assert answered(defined("quarantine", "release", entries["2024-12-02"], str(corrected)))["state"] == "released"
    discarded = defined("quarantine", "discard", entries["2024-12-03"], "--reason", "a test piece")
    assert answered(discarded)["state"] == "discarded"
    replayed = answered(defined("quarantine", "replay", "--source", "mes-7"))
    assert replayed["replayed"] == 0
    assert replayed["still_quarantined"] >= 1


def test_nobody_there_is_said_with_the_address(andon: Andon) -> None:
    result = andon("apply", DEFINITIONS, "--url", "http://127.0.0.1:1")
    assert "no answer from http://127.0.0.1:1" in str(result.exception)


def test_a_nonsense_address_is_no_traceback(andon: Andon) -> None:
    for address in ("nonsense", "http://[", "ftp://x"):
        assert isinstance(andon("apply", DEFINITIONS, "--url", address).exception, CallFailed)
