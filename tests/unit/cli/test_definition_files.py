"""Definitions in files: order of sending, and errors that name the file."""

from pathlib import Path

import pytest

from services.cli.definitions import UnreadableDefinitions, read_definitions

ROOT = Path(__file__).resolve().parents[3]


def test_each_definition_is_sent_after_what_it_refers_to(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("rules: {r: {}}\nindicators: {i: {}}\nrouting: [{owner: x}]\n")
    (tmp_path / "b.yml").write_text(
        "sources: {s: {}}\ncalendars: {c: {holidays: [2026-10-01]}}\ngoal_sets: {2026: {}}\n"
    )
    found = read_definitions(tmp_path)
    assert [str(definition) for definition in found] == [
        "calendars/c",
        "sources/s",
        "indicators/i",
        "rules/r",
        "goal_sets/2026",
        "routing",
    ]
    assert found[0].body == {"holidays": ["2026-10-01"]}
    assert found[-1].body == {"routes": [{"owner": "x"}]}
    assert [definition.path for definition in found[-2:]] == ["/v1/goal-sets/2026", "/v1/routing"]


def test_a_derived_indicator_is_sent_after_its_parts(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "indicators:\n"
        "  score: {formula: {kind: weighted_score, weights: {through-yield: 0.5, b: 0.5}}}\n"
        "  through-yield: {formula: {kind: derived, expression: (a - b) * 2}}\n"
        "  a: {formula: {kind: count}}\n"
        "  b: {}\n"
        "  round: {formula: {kind: derived, expression: about}}\n"
        "  about: {formula: {kind: derived, expression: round}}\n"
    )
    names = [definition.name for definition in read_definitions(tmp_path)]
    assert names == ["a", "b", "through-yield", "score", "round", "about"]


def test_a_name_cannot_reach_another_path(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("rules: {'../x?y': {}}\n")
    assert read_definitions(tmp_path)[0].path == "/v1/rules/..%2Fx%3Fy"


@pytest.mark.parametrize(
    "text",
    ["rules: [", "- a\n", "", "ruls: {r: {}}", "rules: [r]", "rules: {r: 1}", "rules: {r: {target: .nan}}", "a: \xff"],
)
def test_a_file_that_says_nothing_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(UnreadableDefinitions, match=r"wrong\.yaml"):
        read_definitions(tmp_path)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDefinitions, match="holds no"):
        read_definitions(tmp_path)


@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir()))
def test_the_examples_can_be_read(example: str) -> None:
    for file in (ROOT / "examples" / example).rglob("*.yaml"):
        assert read_definitions(file)
