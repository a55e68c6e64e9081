"""Dashboard and alert rules use every metric that the code exposes, and no other; Prometheus takes the rules."""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from prefect.settings import PREFECT_API_URL, temporary_settings
from prometheus_client import CollectorRegistry

from deployments.metrics.exporter import LifecycleCollector, metrics_of
from deployments.metrics.figures import QUANTILES, Figures
from tests.support.ports import free_port
from webhooks.common.metrics import Metrics

ROOT = Path(__file__).parents[3]
DASHBOARD = ROOT / "deployments" / "grafana" / "dashboard.json"
ALERTS = ROOT / "deployments" / "prometheus" / "alerts.yml"
CASES = Path(__file__).parent / "alerts_test.yml"
NAME = re.compile(r"\b(?:lifecycle|receiver)_[a-z_]+\b")
MATCHER = re.compile(r'(\w+)(?:=~|!=|=)"([^"]*)"')
ENDINGS = ("_total", "_bucket", "_sum", "_count", "_created")


def panels():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def expressions():
    return [target["expr"] for panel in panels() for target in panel["targets"]] + [rule["expr"] for rule in rules()]


@pytest.fixture(scope="module")
def exposed(tmp_path_factory):
    """The metrics of exporter and receiver, with the values of each label, by name without the ending of a sample."""
    figures = Figures(welcome=dict.fromkeys(QUANTILES, 1.0), now={"late": 1})
    figures.ended["onboarding", "failed", "refused"] = 1
    receiver = Metrics()
    receiver.count_notification("Opportunity", "started")
    receiver.count_created_run()
    receiver.count_response("/salesforce/events", "POST", 503, 0.1)
    registry = CollectorRegistry()
    registry.register(LifecycleCollector(tmp_path_factory.mktemp("calls") / "none.db"))
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}):
        of_exporter = [*registry.collect()]
    families = [*metrics_of(figures), *of_exporter, *receiver.registry.collect()]
    return {
        family.name: {label: {sample.labels.get(label, "") for sample in family.samples} for label in _labels(family)}
        for family in families
    }


def _labels(family):
    return {label for sample in family.samples for label in sample.labels}


def family_of(name):
    """A metric's name without the ending of its samples."""
    return next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), name)


def test_every_exposed_metric_is_shown_or_watched_and_no_other_is(exposed):
    used = {family_of(name) for expression in expressions() for name in NAME.findall(expression)}
    assert used == exposed.keys()


def test_every_label_that_is_selected_or_summed_by_is_one_of_the_metric(exposed):
    known = {label for labels in exposed.values() for label in labels} | {"le", "job"}
    by = {
        label.strip()
        for expression in expressions()
        for group in re.findall(r"\bby \(([^)]*)\)", expression)
        for label in group.split(",")
    }
    selected = {label for expression in expressions() for label, _ in MATCHER.findall(expression)}
    assert (by | selected) - known == set()


def test_every_value_that_an_alert_selects_is_one_that_the_code_sets(exposed):
    set_by_code = {value for labels in exposed.values() for values in labels.values() for value in values}
    set_by_code |= {"failed", "crashed", "lifecycle-receiver"}
    selected = {
        value
        for expression in expressions()
        for _, values in MATCHER.findall(expression)
        for value in values.split("|")
    }
    assert selected - set_by_code == set()


def test_the_panels_fill_the_dashboard_without_overlap():
    cells = Counter(
        (x, y)
        for panel in json.loads(DASHBOARD.read_text())["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    )
    assert max(cells.values()) == 1
    assert {x for x, _ in cells} == set(range(24))
    assert len({panel["id"] for panel in panels()}) == len(panels())
    assert {panel["datasource"]["uid"] for panel in panels()} == {"${datasource}"}


def test_every_alert_says_what_to_do():
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]
        assert len(rule["annotations"]["description"]) > 40, rule["alert"]
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)


@pytest.fixture
def promtool():
    """Runs Prometheus's own checker, from Debian's package `prometheus`."""
    program = shutil.which("promtool")
    if program is None:
        assert not os.environ.get("LIFECYCLE_REQUIRE_PROMTOOL"), "promtool is not installed"
        pytest.skip("promtool is not installed: apt-get install prometheus")

    def run(*arguments):
        done = subprocess.run([program, *arguments], cwd=CASES.parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_prometheus_takes_the_rules_and_each_fires_when_it_should_and_only_then(promtool):
    promtool("check", "rules", str(ALERTS))
    promtool("test", "rules", CASES.name)
    tested = {
        case["alertname"] for test in yaml.safe_load(CASES.read_text())["tests"] for case in test["alert_rule_test"]
    }
    assert tested == {rule["alert"] for rule in rules()}


def test_prometheus_takes_every_expression_of_the_dashboard(promtool, tmp_path):
    taken = [
        {"record": f"panel:{number}", "expr": target["expr"].replace("$__rate_interval", "5m")}
        for number, panel in enumerate(panels())
        for target in panel["targets"]
    ]
    file = tmp_path / "dashboard.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": taken}]}))
    promtool("check", "rules", str(file))
