"""The published figures beside this file, and when a result agrees with one."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

TABLES = Path(__file__).parent / "tables"
Case = dict[str, Any]


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def document(name: str) -> Case:
    content: Case = json.loads((TABLES / name).read_text(encoding="utf-8"))
    return content


def case(name: str) -> Case:
    """One chart or capability study of spc_cases.json."""
    cases = document("spc_cases.json")
    [found] = [one for one in [*cases["cases"], *cases["capability"]] if one["id"] == name]
    return dict(found)


def half_a_unit(printed: float) -> float:
    """Half a unit of the last digit shown."""
    exponent = Decimal(repr(printed)).as_tuple().exponent
    assert isinstance(exponent, int)
    return 0.5 * 10.0**exponent


def printed_like(got: npt.ArrayLike, printed: npt.ArrayLike) -> bool:
    """Whether figures equal printed ones to the digits shown."""
    figures = np.atleast_1d(np.asarray(printed, dtype=np.float64))
    allowed = np.array([half_a_unit(figure) for figure in figures.tolist()]) * (1 + 1e-9)
    return bool((np.abs(np.asarray(got) - figures) <= allowed).all())


def computed_like(got: npt.ArrayLike, computed: npt.ArrayLike) -> bool:
    return np.allclose(got, computed, rtol=1e-8, atol=1e-12)


def from_one(places: tuple[int, ...] | list[int]) -> list[int]:
    """Indices as the published lists count them."""
    return [place + 1 for place in places]


def phase_one(options: Case) -> npt.NDArray[np.bool_]:
    """Which of the points up to the end of phase 1 set the limits."""
    phase = options["phase1"]
    chosen = np.zeros(phase["last"], dtype=np.bool_)
    chosen[phase["first"] - 1 :] = True
    chosen[[place - 1 for place in phase["excluded"]]] = False
    return chosen
