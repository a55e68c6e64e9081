"""Every function that docs/sop.md cites is used by a flow, the receiver or a command."""

from pathlib import Path

import yaml

from tests.docs.reachable import dotted, load, reachable
from tests.docs.sop_table import CODE_FOLDERS, PROJECT, rows

STARTED = (
    "webhooks/app.py",
    "webhooks/__main__.py",
    "deployments/cli.py",
    "deployments/cli_contracts.py",
    "deployments/cli_previews.py",
    "deployments/server.py",
    "deployments/worker/__main__.py",
    "deployments/worker/fork_server.py",
)
"""Modules that a command starts."""


def entry_points():
    """Every flow that prefect.yaml declares, and everything in the modules that a command starts."""
    deployments = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    for entrypoint in (deployment["entrypoint"] for deployment in deployments):
        module, _, name = entrypoint.rpartition(".")
        yield module, name
    for file in STARTED:
        yield dotted(Path(file)), "*"


def cited():
    """The definitions that the table names: `file:function`, `file:Class.method` or `file:Class`."""
    for row in rows((PROJECT / "docs" / "sop.md").read_text(encoding="utf-8")):
        for place in row.code:
            file, _, name = place.partition(":")
            if name:
                yield dotted(Path(file)), name


def test_every_cited_function_is_reached_by_a_flow_the_receiver_or_a_command():
    reached = reachable(load(PROJECT, CODE_FOLDERS), entry_points())
    assert [f"{module}:{name}" for module, name in cited() if (module, name) not in reached] == []


def test_a_function_that_nothing_but_itself_and_unused_code_names_is_not_reached(tmp_path):
    (tmp_path / "flows").mkdir()
    (tmp_path / "rules").mkdir()
    (tmp_path / "flows" / "main.py").write_text(
        "from rules.decisions import Terms, decide\n\ndef main():\n    return Terms().length(decide())\n"
    )
    (tmp_path / "rules" / "decisions.py").write_text(
        "def decide():\n    return helper()\n\n"
        "def helper():\n    return 1\n\n"
        "def unused():\n    return unused() + unused_helper()\n\n"
        "def unused_helper():\n    return 2\n\n"
        "class Terms:\n    def length(self, days):\n        return days\n\n"
        "    def unused_method(self):\n        return 0\n"
    )
    reached = reachable(load(tmp_path, ("flows", "rules")), iter([("flows.main", "main")]))
    assert {name for module, name in reached if module == "rules.decisions" and name} == {
        "decide", "helper", "Terms", "Terms.length"
    }  # fmt: skip
