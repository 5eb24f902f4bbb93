"""Subjects are written the same way in columns and one by one."""

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.analytics.domain.kpi_value import subject_values
from services.analytics.domain.subject import EVERYTHING, delta_partitions, subject_column, subject_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@settings(deadline=None)
@given(line=TEXTS, product=TEXTS)
@example(line='"\\/', product="\x00\x1f\x7f\u2028\b\f\n\r\t")
def test_a_column_of_subjects_is_canonical(line: str, product: str) -> None:
    frame = pl.DataFrame({"p": [product], "l": [line]}, schema={"p": pl.String, "l": pl.String})
    [text] = frame.select(subject_column([("product", "p"), ("line", "l")]).alias("subject"))["subject"].to_list()
    assert text == subject_text({"product": product, "line": line})
    assert subject_values(text) == {"line": line, "product": product}


def test_a_subject_without_dimensions_is_everything() -> None:
    assert subject_text({}) == EVERYTHING


def test_the_partitions_of_subjects_never_change() -> None:
    indicators = pl.Series(["yield", "yield", "一次交验合格率", "a"])
    subjects = pl.Series(["{}", '{"line":"A"}', '{"线":"é"}', '{"line":"B"}'])
    assert delta_partitions(indicators, subjects, 1000).to_list() == [902, 292, 450, 572]
    assert delta_partitions(indicators[:0], subjects[:0], 4).to_list() == []
