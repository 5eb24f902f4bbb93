"""The manifests in deploy/kubernetes."""

from typing import Any

import pytest
import yaml

from tests.deploy.files import DEPLOY, known_variables
from tools.reference.commands import commands
from tools.reference.kubernetes import product_version
from tools.reference.services import SERVICES

every_service = pytest.mark.parametrize("service", SERVICES)


def manifest(service: str, kind: str) -> dict[str, Any]:
    documents = yaml.safe_load_all((DEPLOY / f"kubernetes/{service}.yaml").read_text(encoding="utf-8"))
    (found,) = [document for document in documents if document["kind"] == kind]
    return dict(found)


def pod(service: str) -> dict[str, Any]:
    return dict(manifest(service, "Deployment")["spec"]["template"]["spec"])


def containers(service: str) -> list[dict[str, Any]]:
    return [*pod(service)["initContainers"], *pod(service)["containers"]]


@every_service
def test_it_migrates_and_then_runs_one_service(service: str) -> None:
    assert [container["args"] for container in containers(service)] == [["migrate", service], ["run", service]]
    assert {f"andon {container['args'][0]}" for container in containers(service)} <= commands().keys()
    assert {container["image"] for container in containers(service)} == {f"andon:{product_version()}"}


@every_service
def test_the_service_finds_its_pods(service: str) -> None:
    deployment = manifest(service, "Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    network = manifest(service, "Service")["spec"]
    assert network["selector"] == labels == deployment["selector"]["matchLabels"]
    (port,) = pod(service)["containers"][0]["ports"]
    assert network["ports"][0]["targetPort"] == port["name"]


@every_service
def test_each_variable_is_a_setting_and_secrets_come_from_the_secret(service: str) -> None:
    for container in containers(service):
        variables = {item["name"]: item for item in container["env"]}
        assert variables.keys() - known_variables(service) == set()
        for name in ("ANDON_AUTH_SIGNING_KEY", f"ANDON_{service.upper()}_DATABASE_URL"):
            assert "secretKeyRef" in variables[name]["valueFrom"]


@every_service
def test_variables_of_the_cluster_are_kept_out(service: str) -> None:
    """Service links would set ANDON_… variables that are no settings."""
    assert pod(service)["enableServiceLinks"] is False


@every_service
def test_it_is_probed(service: str) -> None:
    (container,) = pod(service)["containers"]
    paths = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}


@every_service
def test_it_may_do_little_and_has_bounds(service: str) -> None:
    assert pod(service)["securityContext"]["runAsNonRoot"] is True
    assert pod(service)["automountServiceAccountToken"] is False
    for container in containers(service):
        confined = container["securityContext"]
        assert confined["readOnlyRootFilesystem"] is True
        assert confined["allowPrivilegeEscalation"] is False
        assert confined["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]


@every_service
def test_mounts_are_volumes(service: str) -> None:
    volumes = {volume["name"] for volume in pod(service)["volumes"]}
    for container in containers(service):
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
