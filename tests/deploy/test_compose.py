"""docker-compose.yml, checked without an engine: what it names exists, and nothing floats."""

import re
from typing import Any

import pytest

from services.targets import ALL
from tests.deploy.files import andon_variables, compose, known_variables
from tools.reference.commands import commands
from tools.reference.document import ROOT
from tools.reference.kubernetes import product_version
from tools.reference.services import SERVICES

CONTAINERS: dict[str, dict[str, Any]] = compose()["services"]
ONE_PROCESS = "embedded"
MIGRATIONS = "migrate"
OURS = (*SERVICES, MIGRATIONS, ONE_PROCESS)
KEYS = {
    "build",
    "cap_drop",
    "command",
    "depends_on",
    "environment",
    "healthcheck",
    "hostname",
    "image",
    "ports",
    "profiles",
    "read_only",
    "restart",
    "security_opt",
    "shm_size",
    "stop_grace_period",
    "tmpfs",
    "user",
    "volumes",
}

every_container = pytest.mark.parametrize("name", CONTAINERS)
every_container_of_ours = pytest.mark.parametrize("name", OURS)


def test_it_holds_what_it_promises() -> None:
    assert CONTAINERS.keys() == {*OURS, "gateway", "kafka", "postgres", "prometheus", "grafana"}
    assert set(compose()) - {"name", "services", "volumes"} == {"x-andon", "x-environment", "x-needs"}


@every_container
def test_keys_are_spelled_as_compose_knows_them(name: str) -> None:
    assert CONTAINERS[name].keys() - KEYS == set()


@every_container
def test_images_are_pinned_to_a_version(name: str) -> None:
    image = CONTAINERS[name]["image"]
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+(\.\d+)?", image), image


@every_container_of_ours
def test_our_image_is_the_present_version_and_built_from_here(name: str) -> None:
    assert CONTAINERS[name]["image"] == f"andon:{product_version()}"
    build = CONTAINERS[name]["build"]
    assert (ROOT / build["context"] / build["dockerfile"]).is_file()


@every_container
def test_each_is_watched_and_started_again(name: str) -> None:
    container = CONTAINERS[name]
    if name == MIGRATIONS:
        assert container["healthcheck"] == {"disable": True}
        assert container["restart"].startswith("on-failure:")
    else:
        assert container["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
        assert container["restart"] == "unless-stopped"


@every_container
def test_each_variable_of_ours_is_a_setting(name: str) -> None:
    """A misspelt variable would be a default in silence."""
    given = andon_variables(CONTAINERS[name].get("environment", {}))
    services = (name,) if name in SERVICES else SERVICES
    assert given - known_variables(*services) == set()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_gets_its_own_database_and_no_other(name: str) -> None:
    environment = CONTAINERS[name]["environment"]
    databases = {key: url for key, url in environment.items() if key.endswith("_DATABASE_URL")}
    variable = f"ANDON_{name.upper()}_DATABASE_URL"
    assert databases.keys() == {variable}
    assert f"andon_{name}:" in databases[variable]
    assert databases[variable].endswith(f"@postgres:5432/andon_{name}")
    assert CONTAINERS[MIGRATIONS]["environment"][variable] == databases[variable]


@every_container_of_ours
def test_what_it_is_told_to_do_is_a_command(name: str) -> None:
    command, *targets = CONTAINERS[name]["command"]
    assert f"andon {command}" in commands()
    assert set(targets) <= set(ALL)
    assert targets == ([name] if name in SERVICES else [])


def test_listening_beyond_loopback_goes_with_a_required_key() -> None:
    for name in (*SERVICES, MIGRATIONS):
        assert CONTAINERS[name]["environment"]["ANDON_AUTH_SIGNING_KEY"].startswith("${ANDON_AUTH_SIGNING_KEY:?")
    assert CONTAINERS[ONE_PROCESS]["environment"]["ANDON_AUTH_SIGNING_KEY"] == "${ANDON_AUTH_SIGNING_KEY}"


def test_no_password_stands_in_the_file() -> None:
    secret = re.compile(r"KEY|PASSWORD|SECRET|TOKEN")
    written = {
        f"{name} {key}": value
        for name, container in CONTAINERS.items()
        for key, value in container.get("environment", {}).items()
        if secret.search(key) and not str(value).startswith("${")
    }
    assert written == {}


def test_no_two_containers_publish_one_port() -> None:
    """The one process stands in for all the others, and has their common address."""
    others = [container for name, container in CONTAINERS.items() if name != ONE_PROCESS]
    published = [port.rsplit(":", 1)[0] for container in others for port in container.get("ports", [])]
    assert len(published) == len(set(published))
    assert CONTAINERS[ONE_PROCESS]["ports"] == CONTAINERS["gateway"]["ports"]


@every_container
def test_volumes_are_declared_and_files_exist(name: str) -> None:
    for volume in CONTAINERS[name].get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
            assert volume.endswith(":ro"), f"{volume} could be changed from inside"
        else:
            assert source in compose()["volumes"]


def test_each_declared_volume_is_used() -> None:
    used = {volume.split(":")[0] for container in CONTAINERS.values() for volume in container.get("volumes", [])}
    assert set(compose()["volumes"]) - used == set()


def test_one_process_needs_nothing_else() -> None:
    container = CONTAINERS[ONE_PROCESS]
    assert container["profiles"] == [ONE_PROCESS]
    assert "depends_on" not in container
    assert container["environment"]["ANDON_LOG"] == "embedded"
    assert [name for name in CONTAINERS if "profiles" in CONTAINERS[name]] == [ONE_PROCESS]


@every_container_of_ours
def test_our_containers_may_do_little(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]


@every_container_of_ours
def test_stopping_waits_longer_than_andon_takes(name: str) -> None:
    assert CONTAINERS[name]["stop_grace_period"] == "25s"


def test_kafka_is_one_node_in_kraft_mode_that_makes_no_topic_by_itself() -> None:
    environment = CONTAINERS["kafka"]["environment"]
    assert environment["KAFKA_PROCESS_ROLES"] == "broker,controller"
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    listeners = {item.split(":")[0] for item in environment["KAFKA_LISTENERS"].split(",")}
    protocols = {item.split(":")[0] for item in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    assert listeners == protocols
    for name in SERVICES:
        assert (
            CONTAINERS[name]["environment"]["ANDON_KAFKA_BOOTSTRAP_SERVERS"]
            in environment["KAFKA_ADVERTISED_LISTENERS"]
        )


def test_the_broker_is_the_version_that_the_tests_run() -> None:
    artifacts = (ROOT / "deploy/kafka/pom.xml").read_text(encoding="utf-8")
    assert f"<version>{CONTAINERS['kafka']['image'].split(':')[1]}</version>" in artifacts
