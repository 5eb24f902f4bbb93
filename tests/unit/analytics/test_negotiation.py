"""Which form of an answer a caller likes best."""

import pytest

from services.analytics.entrypoints.negotiation import preferred

FORMS = ("application/json", "image/svg+xml")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, FORMS[0]),
        ("", FORMS[0]),
        ("*/*", FORMS[0]),
        ("image/svg+xml", FORMS[1]),
        ("IMAGE/SVG+XML", FORMS[1]),
        ("image/*", FORMS[1]),
        ("application/json;q=0.5, image/svg+xml", FORMS[1]),
        ("application/json, image/svg+xml;q=0.5", FORMS[0]),
        ("image/svg+xml;q=0, */*", FORMS[0]),
        ("image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8", FORMS[1]),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", FORMS[0]),
        ("text/plain", FORMS[0]),
        ("image/svg+xml;q=much", FORMS[0]),
        (",;,", FORMS[0]),
    ],
)
def test_the_form_with_the_highest_quality_is_given(accept: str | None, form: str) -> None:
    assert preferred(accept, FORMS) == form


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (None, "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hant-TW", "zh"),
        ("en-GB,zh;q=0.5", "en"),
        ("de-DE,de;q=0.9", "en"),
        ("de, zh;q=0.1", "zh"),
    ],
)
def test_a_language_is_covered_by_its_regions(wanted: str | None, language: str) -> None:
    assert preferred(wanted, ("en", "zh")) == language
