"""Read what runs in shadow mode have planned, from their tables in Prefect."""

import json
from typing import Any

from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterTags,
)
from prefect.client.schemas.sorting import ArtifactSort

from rules.common.going_live import PREVIEWED, SHADOW
from rules.reports.shadow import PlannedValue
from rules.reports.week import Week
from tasks.core.artifacts import each_text
from tasks.core.steps import read_task
from tasks.runs.claims import PAGE, page, server
from tasks.runs.shadow_plan import KEY
from tasks.templates import read_back

MOST_PLANS = 5000
"""Tables that a report reads, the newest first."""


@read_task("Read the plans of the week from {week.monday}")
async def read_plans(week: Week) -> tuple[list[PlannedValue], int]:
    """The planned values of the runs that ended in the week, the oldest first; and how many runs there were."""
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[SHADOW]),
        state=FlowRunFilterState(name=FlowRunFilterStateName(any_=[PREVIEWED])),
        end_time=FlowRunFilterEndTime(after_=week.start, before_=week.end),
    )
    of_key = ArtifactFilter(key=ArtifactFilterKey(any_=[KEY]))
    values: list[PlannedValue] = []
    runs: set[str] = set()
    for offset in range(0, MOST_PLANS, PAGE):
        tables = await server().read_artifacts(
            artifact_filter=of_key, flow_run_filter=which, sort=ArtifactSort.CREATED_DESC, limit=PAGE, offset=offset
        )
        for table in tables:
            assert table.flow_run_id is not None
            runs.add(str(table.flow_run_id))
            rows = json.loads(table.data) if isinstance(table.data, str) else table.data
            values += [_planned(each_text(row, read_back), page(table.flow_run_id)) for row in rows or ()]  # type: ignore[arg-type]
        if len(tables) < PAGE:
            break
    return values[::-1], len(runs)


def _planned(row: dict[str, Any], run: str) -> PlannedValue:
    return PlannedValue(
        account=row["Account"],
        account_id=row["Account id"],
        system=row["System"],
        record=row["Record"],
        field=row["Field"],
        before=row["Now"],
        after=row["Would be"],
        written=row["Written"],
        run=run,
    )
