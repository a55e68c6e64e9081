"""Prefect computes a date for every schedule of prefect.yaml."""

from datetime import UTC, datetime

import pytest
from prefect.server.schemas.schedules import CronSchedule

from tasks.health.declared import declared

SCHEDULES = [(entry["name"], schedule) for entry in declared() for schedule in entry.get("schedules", ())]


@pytest.mark.parametrize(("deployment", "schedule"), SCHEDULES, ids=lambda value: str(value)[:40])
async def test_every_schedule_has_a_next_date(deployment, schedule):
    cron = CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
    (following,) = await cron.get_dates(1)
    assert following > datetime.now(UTC), deployment
