"""What holds for every test: no network unless marked, warnings are errors, real servers only where a marker asks for them."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("andon", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("andon")
"""No test asserts a time; a machine with other work is slow."""

pytest_plugins = ["tests.support.kafka_fixtures", "tests.support.postgres_fixtures"]

_OPENS_SOCKETS = ("kafka", "postgres", "prometheus", "processes", "network")
_LOOPBACK = ["127.0.0.1", "::1", "localhost"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets are off; a marker that says what the test talks to turns them on, for the loopback interface only."""
    for item in items:
        if any(item.get_closest_marker(name) for name in _OPENS_SOCKETS):
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.allow_hosts(_LOOPBACK))
