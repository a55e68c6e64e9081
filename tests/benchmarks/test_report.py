"""The report of `lifecycle bench`: bounds, the comparison with the last time, its files."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from benchmarks.picture import MOST, share
from benchmarks.report import Figure, Report, conclude, exceeded, report_before, save, table

NOW = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)
SPEED = Figure("Burst", "speed", 1.5, "sales/s", at_least=1.0)
CPU = Figure("Burst", "CPU of a sale", 1.8, "s", at_most=2.0)
FLOOR = Figure("Onboarding", "floor", 2.0, "s")
NOTHING = Figure("Burst, PostgreSQL", "speed", None, missing="no PostgreSQL here")


def report(*figures, hours=0, load=(0.5, 1.5)):
    return Report(figures, load, 2, NOW + timedelta(hours=hours))


def printed(this, last=None):
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table(this, last))
    return capture.get()


def row(text, name):
    (line,) = [line for line in text.splitlines() if name in line]
    return [cell.strip() for cell in line.split("│")[1:-1]]


@pytest.mark.parametrize(
    ("figure", "value", "told"),
    [
        (CPU, 2.0, []),
        (CPU, 2.01, ["Burst: CPU of a sale: 2.01 s, at most 2 is promised"]),
        (SPEED, 1.0, []),
        (SPEED, 0.99, ["Burst: speed: 0.99 sales/s, at least 1 is promised"]),
        (FLOOR, 10_000.0, []),
        (CPU, None, []),
    ],
)
def test_only_a_value_outside_its_bound_is_told(figure, value, told):
    assert exceeded(report(replace(figure, value=value))) == told


@pytest.mark.parametrize("figure", [CPU, SPEED])
def test_what_is_not_a_number_keeps_no_bound(figure):
    assert len(exceeded(report(replace(figure, value=math.nan)))) == 1


def test_a_row_has_value_unit_bound_and_the_last_time():
    text = printed(report(SPEED, CPU), report(replace(SPEED, value=1.2), hours=-1, load=(3.0, 4.0)))
    assert row(text, "speed") == ["speed", "1.5", "sales/s", "at least 1", "1.2", "+25%"]
    assert row(text, "CPU of a sale") == ["CPU of a sale", "1.8", "s", "at most 2", "", ""]
    assert "Last time: 2026-11-28 21:00 UTC, 2 cores, load 3.0 before and 4.0 after" in text


def test_a_figure_that_could_not_be_measured_says_why():
    assert row(printed(report(NOTHING)), "speed") == ["speed", "no PostgreSQL here", "", "", "", ""]


def test_a_figure_of_another_topic_is_no_last_time():
    assert report(replace(SPEED, topic="Burst of 6")).value_of(SPEED) is None


def test_a_report_is_read_as_it_was_saved(tmp_path):
    earlier = [report(SPEED, hours=hour) for hour in (-2, -1)]
    for other in earlier:
        save(other, tmp_path)
    file = save(report(CPU, NOTHING), tmp_path / ".")
    read = report_before(file)
    assert read == replace(earlier[1], figures=[SPEED])
    assert json.loads(file.read_text())["figures"][0]["value"] == 1.8


def test_the_first_report_has_none_before(tmp_path):
    assert report_before(save(report(CPU), tmp_path)) is None


@pytest.mark.parametrize(("cpu", "code"), [(1.8, 0), (2.5, 1)])
def test_a_report_is_printed_and_saved_with_a_picture(tmp_path, capfd, cpu, code):
    conclude(report(SPEED, CPU, FLOOR, NOTHING, hours=-1), tmp_path / "bench")
    assert conclude(report(SPEED, replace(CPU, value=cpu), FLOOR, NOTHING), tmp_path / "bench") == code
    assert ("Broken: Burst: CPU of a sale: 2.5 s" in capfd.readouterr().out) is bool(code)
    names = sorted(path.name for path in (tmp_path / "bench").iterdir())
    assert names == [f"2026-11-28T{hour}-00-00Z.{end}" for hour in (21, 22) for end in ("json", "png")]
    assert (tmp_path / "bench" / names[-1]).read_bytes().startswith(b"\x89PNG")


def test_a_bar_left_of_the_line_keeps_its_bound():
    assert share(CPU, 1.0) == 0.5
    assert share(SPEED, 2.0) == 0.5
    assert share(SPEED, 0.0) == MOST
    none_allowed = Figure("Calls", "other systems", 0, at_most=0)
    assert share(none_allowed, 0) <= 1 < share(none_allowed, 1)
