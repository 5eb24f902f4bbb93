"""Targets are held against what was measured, and what was not measured is neither reached nor missed."""

from benchmarks.measurement import STEADY, Measurement
from benchmarks.targets import TARGETS, Judged, judge


def _measured(
    part: str, contender: str, case: str, *, events: int = 1_000, cpu: float = 1.0, **more: float
) -> Measurement:
    return Measurement(
        part=part, contender=contender, case=case, events=events, wall_seconds=cpu, cpu_seconds=cpu, figures=more
    )


def _of(judged: list[Judged], beginning: str) -> Judged:
    [one] = [one for one in judged if one.name.startswith(beginning)]
    return one


def test_without_measurements_every_target_is_open() -> None:
    judged = judge([])
    assert len(judged) == len(TARGETS)
    assert {(one.measured, one.reached) for one in judged} == {(None, None)}


def test_a_rate_is_that_of_the_steady_state() -> None:
    stage = "Andon, librdkafka: raw events → blocks"
    found = [
        _measured("stages", stage, "100,000 events", events=100_000),
        _measured("stages", stage, STEADY, events=300_000),
    ]
    judged = _of(judge(found), "raw JSON on Kafka → blocks, librdkafka")
    assert (judged.must, judged.measured, judged.reached) == ("≥ 200,000", 300_000.0, True)


def test_a_ratio_needs_both_and_is_of_cpu() -> None:
    ours = _measured("end-to-end", "Andon, librdkafka", STEADY, cpu=2.0)
    theirs = _measured("end-to-end", "Kafka Streams", STEADY, cpu=4.0)
    judged = _of(judge([ours, theirs]), "raw events → final values, librdkafka: times Kafka Streams")
    assert (judged.measured, judged.reached) == (2.0, False)
    assert _of(judge([ours]), "raw events → final values, librdkafka: times Kafka Streams").reached is None


def test_a_most_is_reached_from_below_by_the_worst_case() -> None:
    log = "Andon, all in one, embedded"
    found = [
        _measured("latency", log, "idle", p99_seconds=0.2),
        _measured("latency", log, "half load", p99_seconds=1.5),
    ]
    judged = _of(judge(found), "event accepted → issue open, embedded")
    assert (judged.must, judged.measured, judged.reached) == ("≤ 1", 1.5, False)


def test_the_cost_of_subjects_is_compared_between_the_fewest_and_the_most() -> None:
    found = [
        _measured("subjects", "Andon, librdkafka", "9 events, 10 subjects", cpu=1.0),
        _measured("subjects", "Andon, librdkafka", "9 events, 1,000 subjects", cpu=3.0),
        _measured("subjects", "Kafka Streams", "9 events, 1,000 subjects", cpu=6.0),
    ]
    assert _of(judge(found), "fewest → most subjects").measured == 3.0
    assert _of(judge(found), "most subjects: times Kafka Streams").measured == 2.0


def test_memory_is_that_of_a_million_events_or_more() -> None:
    one = _measured("http", "Andon, all in one, embedded", "batches of 10, 1 at a time", events=900_000)
    assert _of(judge([one]), "a million events").reached is None
    assert _of(judge([one, one]), "a million events").reached is True
    assert Measurement.from_json(one.as_json()) == one
