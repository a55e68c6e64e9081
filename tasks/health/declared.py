"""What must be in Prefect before a run can start, as prefect.yaml and the code declare it."""

from pathlib import Path
from typing import Any

import yaml
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
from sqlalchemy.engine import make_url

WORK_POOL = "lifecycle"
SILENT_RUN = "lifecycle: a silent run has crashed"
RUN_THAT_NEVER_BEGAN = "lifecycle: a run that never began has crashed"
"""The automations, by their names in the dashboard."""
_FILE = Path(__file__).resolve().parents[2] / "prefect.yaml"


def declared() -> list[dict[str, Any]]:
    """The deployments in prefect.yaml."""
    entries: list[dict[str, Any]] = yaml.safe_load(_FILE.read_text())["deployments"]
    return entries


def automation_names() -> tuple[str, ...]:
    """The automations that must be on; the second one would overload SQLite."""
    database = make_url(str(PREFECT_API_DATABASE_CONNECTION_URL.value())).get_backend_name()
    return (SILENT_RUN, RUN_THAT_NEVER_BEGAN) if database == "postgresql" else (SILENT_RUN,)
