"""Rejections on `readings`: one for each refused event of a registered source, under an id that a repeat has too."""

import pytest

from tests.service.ingest.alone import Alone, event


def test_each_refused_event_is_a_reading_with_its_reason(andon: Alone) -> None:
    andon.take(event("e1"), event("e2", total="many"), event("e3", total=-5), event("e4", source="nobody"))
    assert sorted(andon.rejections()) == [("mes-7", "not-a-number"), ("mes-7", "value-out-of-range")]
    assert andon.ids() == ["e1"]


def test_a_repeat_in_another_batch_has_the_same_id(andon: Alone) -> None:
    andon.take(event("e1", total="many"))
    first = andon.rejection_ids()
    andon.take(event("e2"), event("e1", total="many"), event("e3", total="few"))
    ids = andon.rejection_ids()
    assert (len(ids), len(set(ids)), set(first) <= set(ids)) == (3, 2, True)


def test_bodies_without_refusals_have_none(andon: Alone) -> None:
    andon.take(event("e1"))
    assert andon.rejections() == []


@pytest.mark.parametrize("name", ["andon-rejection", "andon-anything"])
def test_reading_types_of_andons_own_cannot_be_defined(andon: Alone, name: str) -> None:
    answer = andon.request("PUT", f"reading-types/{name}", {"measures": {"passed": {"unit": "1"}}})
    assert answer.status_code == 422
    [problem] = answer.json()["errors"]
    assert problem["pointer"] == "/name"
    assert "choose another name" in problem["detail"]
