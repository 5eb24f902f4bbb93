"""deploy/gateway/nginx.conf sends each path to the service that answers it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.targets import ALL, build_service
from shared.eventlog.memory import MemoryLog
from shared.process.platform import Platform
from shared.runtime.clock import SystemClock
from shared.runtime.identifiers import CountingIds
from tests.deploy.files import DEPLOY

CONFIGURATION = (DEPLOY / "gateway/nginx.conf").read_text(encoding="utf-8")
EVERYWHERE = re.compile(r"^/v1/topics(/|$)")
"""Every process answers these alike."""


def table() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(pattern), service)
        for pattern, service in re.findall(r"^\s+~(\S+)\s+(\w+);", CONFIGURATION, re.MULTILINE)
    ]


def sent_to(path: str) -> str | None:
    return next((service for pattern, service in table() if pattern.search(path)), None)


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[dict[str, list[str]]]:
    """Service → the paths it answers."""
    clock, ids = SystemClock(), CountingIds()
    log = MemoryLog(clock=clock, ids=ids)
    platform = Platform(clock=clock, ids=ids, log=log, registry=CollectorRegistry(), data_dir=tmp_path)
    services = [build_service(name, platform) for name in ALL]
    yield {
        service.name: [path for router in service.wiring.routers for path in map(_path_of, router.routes)]
        for service in services
    }
    for service in services:
        service.stop()


def _path_of(route: object) -> str:
    return str(getattr(route, "path"))  # noqa: B009 - Starlette's base route has none, all of ours do


def test_every_path_reaches_its_service(paths: dict[str, list[str]]) -> None:
    assert set(paths) == set(ALL)
    wrong = {path: sent_to(path) for service, owned in paths.items() for path in owned if sent_to(path) != service}
    assert {path: service for path, service in wrong.items() if not EVERYWHERE.search(path)} == {}


def test_no_path_is_listed_that_nobody_answers(paths: dict[str, list[str]]) -> None:
    answered = {path.split("/")[2] for owned in paths.values() for path in owned}
    listed = {word for pattern, _ in table() for word in re.findall(r"[a-z-]{3,}", pattern.pattern)}
    assert listed - answered - {"topics"} == set()


@pytest.mark.parametrize("path", ["/", "/v1/issuesx", "/v2/issues", "/metrics", "/docs"])
def test_other_paths_reach_nobody(path: str) -> None:
    assert sent_to(path) is None
