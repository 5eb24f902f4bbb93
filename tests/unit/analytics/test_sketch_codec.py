"""Sketches as bytes and back."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.adapters.sketch_codec import decode_sketches, encode_sketches
from services.analytics.domain.sketch import SKETCH, sketches

BINS = st.dictionaries(st.integers(-400_000, 400_000), st.integers(1, 2**62), min_size=1, max_size=20)
SKETCHES = st.builds(
    lambda level, bins: {"level": level, "bins": sorted(bins), "counts": [bins[number] for number in sorted(bins)]},
    st.integers(0, 20),
    BINS,
)


@settings(deadline=None)
@given(st.lists(st.none() | SKETCHES, max_size=8))
def test_what_was_encoded_is_decoded(rows: list[dict[str, object] | None]) -> None:
    series = pl.Series("sketch", rows, dtype=SKETCH)
    blobs = encode_sketches(series)
    assert blobs.dtype == pl.Binary
    assert decode_sketches(blobs).equals(series, check_dtypes=True, check_names=True)
    assert encode_sketches(decode_sketches(blobs)).equals(blobs)


def test_a_sketch_takes_about_two_bytes_for_each_bin() -> None:
    frame = pl.DataFrame({"line": [0] * 1000, "x": [1.01**power for power in range(1000)]})
    [blob] = encode_sketches(sketches(frame, ["line"], "x")["sketch"]).to_list()
    assert len(blob) <= 2 * 1000 + 10
