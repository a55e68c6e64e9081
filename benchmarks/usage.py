"""The CPU time and the memory of a stack, by groups of processes."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

import psutil

from deployments.stack.stack import Stack

EVERY = 1.0
"""Seconds between two looks at the memory."""
FLOW, WORKER, ALL = "flow", "worker", "all processes"
GROUPS = (ALL, FLOW, "server", WORKER, "receiver", "sandbox", "postgres")
"""The groups in the order of a report."""
_NAMES = {"prefect": "server"}
_MEGABYTE = 2**20
Roots = Mapping[str, int]
"""The first process of each group, by the group's name."""


@dataclass
class Usage:
    """What the groups used while they were watched.

    Attributes:
        cpu: CPU-seconds, with those of processes that ended and were waited for.
        peak_mb: the largest sum of the memory of a group's processes. Shared memory counts once (PSS) if the system
            tells it, else with each process (RSS). `all processes` is the largest sum of all groups.
    """

    cpu: dict[str, float] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)


def roots_of(stack: Stack) -> dict[str, int]:
    """The first process of each group of a stack."""
    return {_NAMES.get(name, name): process_id for name, process_id in stack.processes.ids().items()}


@contextmanager
def watched(roots: Roots) -> Iterator[Usage]:
    """Measure the groups until the end of the block. The result is complete after it."""
    usage, ended, before, peaks = Usage(), Event(), cpu_seconds(roots), Counter[str]()
    thread = Thread(target=_watch_memory, args=(roots, peaks, ended), daemon=True)
    thread.start()
    try:
        yield usage
    finally:
        after = cpu_seconds(roots)
        ended.set()
        thread.join()
        usage.cpu |= {group: seconds - before[group] for group, seconds in after.items()}
        usage.peak_mb |= {group: peak / _MEGABYTE for group, peak in peaks.items()}


def cpu_seconds(roots: Roots) -> dict[str, float]:
    """The CPU-seconds of each group since its start. The worker's other processes are the group `flow`."""
    spent = defaultdict[str, float](float)
    for group, process in members(roots):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            spent[_part(group, process.pid, roots)] += times.user + times.system
            spent[FLOW if group == WORKER else group] += times.children_user + times.children_system
    return spent


def memory(roots: Roots) -> Counter[str]:
    """The bytes of each group now."""
    used = Counter[str]()
    for group, process in members(roots):
        with suppress(psutil.NoSuchProcess):
            used[_part(group, process.pid, roots)] += _bytes(process)
    used[ALL] = used.total()
    return used


def members(roots: Roots) -> Iterator[tuple[str, psutil.Process]]:
    """The processes in a root's session, and all that they and the roots started."""
    processes = {process.pid: process for process in psutil.process_iter()}
    groups = {pid: group for group, pid in roots.items()}
    for process in processes.values():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if group := _group_of(process, processes, groups):
                yield group, process


def _group_of(
    process: psutil.Process | None, processes: Mapping[int, psutil.Process], groups: Mapping[int, str]
) -> str | None:
    while process:
        if group := groups.get(process.pid) or groups.get(os.getsid(process.pid)):
            return group
        process = processes.get(process.ppid())
    return None


def _part(group: str, pid: int, roots: Roots) -> str:
    return FLOW if group == WORKER and pid != roots[WORKER] else group


def _bytes(process: psutil.Process) -> int:
    try:
        used = process.memory_full_info()
    except psutil.AccessDenied:
        used = process.memory_info()
    return int(getattr(used, "pss", used.rss))


def _watch_memory(roots: Roots, peaks: Counter[str], ended: Event) -> None:
    while True:
        peaks |= memory(roots)
        if ended.wait(EVERY):
            return
