"""The chart of worker and receiver as Helm renders it, and the values for Prefect's own chart."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.deployments.files.commands import fault
from tests.deployments.files.tools import needs_module
from tests.deployments.files.variables import module_faults, unknown
from tests.docs.ends_table import PROJECT

CHART = PROJECT / "deployments" / "helm" / "customer-lifecycle"
SERVER = yaml.safe_load((CHART.parent / "prefect-server.yaml").read_text(encoding="utf-8"))
PORTS = {"worker": 8080, "metrics": 8720, "receiver": 8710}
pytestmark = needs_module("helm_python")


@pytest.fixture(scope="module")
def objects():
    """Everything that the chart makes, by kind and name."""
    from helm_python import Chart  # noqa: PLC0415 - not installed everywhere

    chart = Chart.load(CHART)
    rendered = chart.render({}, name="lifecycle", namespace="customers")
    chart.close()
    made = [found for text in rendered.values() for found in yaml.safe_load_all(text) if found]
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in made}


def pods(objects: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (one["spec"]["template"]["spec"] for one in objects.values() if "template" in one["spec"])


def containers(objects: dict[str, Any]) -> list[dict[str, Any]]:
    return [container for pod in pods(objects) for container in pod["containers"]]


def test_helm_finds_no_fault():
    from helm_python import lint  # noqa: PLC0415 - not installed everywhere

    assert lint(CHART, strict=True)["errors"] == []


@needs_module("kubernetes_validate")
def test_kubernetes_allows_every_object(objects):
    import kubernetes_validate  # noqa: PLC0415 - not installed everywhere

    for one in objects.values():
        kubernetes_validate.validate(one, "1.30", strict=True)


def test_each_container_starts_a_program_with_variables_that_are_read(objects):
    assert {container["name"] for container in containers(objects)} == {"bootstrap", *PORTS}
    for container in containers(objects):
        assert fault(container["args"]) == ""
        assert unknown(variable["name"] for variable in container["env"]) == set()


def test_each_port_is_that_of_its_program_and_each_probe_asks_it(objects):
    for container in containers(objects):
        if container["name"] in PORTS:
            (port,) = container["ports"]
            assert port["containerPort"] == PORTS[container["name"]]
            probes = [container[probe] for probe in container if probe.endswith("Probe")]
            assert {probe["httpGet"]["port"] for probe in probes} <= {port["name"]}
    assert objects["Service/lifecycle-receiver"]["spec"]["ports"][0]["port"] == PORTS["receiver"]


def test_the_service_and_the_budget_choose_the_receivers(objects):
    labels = objects["Deployment/lifecycle-receiver"]["spec"]["template"]["metadata"]["labels"]
    assert objects["Service/lifecycle-receiver"]["spec"]["selector"] == labels
    assert objects["PodDisruptionBudget/lifecycle-receiver"]["spec"]["selector"]["matchLabels"] == labels


def test_only_what_salesforce_and_slack_call_is_open(objects):
    (rule,) = objects["Ingress/lifecycle-receiver"]["spec"]["rules"]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/salesforce", "/slack"]


def test_no_container_may_gain_rights_or_write_to_the_image(objects):
    for pod in pods(objects):
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
    for container in containers(objects):
        limits = container["securityContext"]
        assert (limits["allowPrivilegeEscalation"], limits["readOnlyRootFilesystem"]) == (False, True)
        assert limits["capabilities"] == {"drop": ["ALL"]}


def test_secrets_are_named_and_never_written(objects):
    secret = ("TOKEN", "BEARER", "AUTH_STRING", "KEY")
    for container in containers(objects):
        for variable in container["env"]:
            assert variable["name"].endswith(secret) == ("valueFrom" in variable), variable["name"]


def test_the_servers_variables_are_read():
    variables = {variable["name"]: variable["value"] for variable in SERVER["global"]["prefect"]["env"]}
    variables |= {key: SERVER["backgroundServices"]["messaging"][key] for key in ("broker", "cache")}
    assert unknown(set(variables) - {"broker", "cache"}) == set()
    assert module_faults(variables) == []


def test_the_server_is_the_version_that_the_project_runs():
    pins = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    version = SERVER["global"]["prefect"]["image"]["prefectTag"].partition("-")[0]
    assert f"\nprefect=={version} " in pins
