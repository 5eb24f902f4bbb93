"""How limits are learned, as people write it."""

from collections.abc import Mapping
from typing import Any, cast, get_args

from services.analytics.domain.control_chart.baselining import MOST_WINDOWS, Baselining
from services.analytics.domain.finding import REPORTS, Reports
from services.analytics.domain.rules.number_form import a_decimal
from services.analytics.domain.spc.chart_choice import Chart, CountChart, SingleChart, SubgroupChart
from services.analytics.domain.spc.phases import Learning
from shared.runtime.form import Form, a_whole_number, one_of

BASELINE_FIELDS = ("baseline_windows", "chart", "constants", "centre", "sigma", "reports")
_CONSTANTS = ("exact", "printed")
_CHARTS: tuple[str, ...] = (*get_args(SingleChart), *get_args(SubgroupChart), *get_args(CountChart))


def read_baselining(form: Form) -> Baselining:
    """The fields; what is wrong is reported to the form."""
    if form.has("centre") != form.has("sigma"):
        form.report(
            "sigma" if form.has("centre") else "centre", "write both centre and sigma, or neither to learn them"
        )
    if form.has("centre"):
        for name in ("baseline_windows", "chart", "constants"):
            if form.has(name):
                form.report(name, "means nothing where centre and sigma are given; leave it out, or leave those out")
    centre = form.read("centre", _a_number, None)
    sigma = form.read("sigma", _above_zero, None)
    usual = Baselining()
    return Baselining(
        windows=form.read("baseline_windows", a_whole_number(Learning().least, MOST_WINDOWS), usual.windows),
        chart=cast("Chart | None", form.read("chart", one_of(_CHARTS, "a chart"), None)),
        rounds=form.read("constants", one_of(_CONSTANTS, "a choice of constants"), "exact") == "printed",
        given=None if centre is None or sigma is None else (centre, sigma),
        reports=read_reports(form),
    )


def read_reports(form: Form) -> Reports:
    """Which of two sides a rule finds; what is wrong is reported to the form."""
    return cast("Reports", form.read("reports", one_of(REPORTS, "a choice of sides"), "both"))


def baseline_body(baselining: Baselining) -> Mapping[str, Any]:
    """The same as people write it."""
    if baselining.given is not None:
        centre, sigma = baselining.given
        return {"centre": centre, "sigma": sigma, "reports": baselining.reports}
    asked: dict[str, Any] = {} if baselining.chart is None else {"chart": baselining.chart}
    if baselining.rounds:
        asked["constants"] = "printed"
    return {"baseline_windows": baselining.windows, **asked, "reports": baselining.reports}


def _a_number(value: Any) -> float:
    return float(a_decimal(value))


def _above_zero(value: Any) -> float:
    sigma = _a_number(value)
    if sigma <= 0:
        raise ValueError(f"{value!r} is no standard deviation; write a number above 0")
    return sigma
