"""The matrix as a table: procedure by fault, with the number of cells by result."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.faults.matrix.cells import FAULTS, Result

CELL = "cell of the fault matrix"
"""The property in which a test notes procedure, fault and result of each of its cells."""
WIDTH = 11


def lines(cells: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """The table, and its totals for each procedure: cells without anybody / by one Retry / after a person looked."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for procedure, fault, result in cells:
        counts.setdefault((procedure, fault), Counter())[result] += 1
    procedures = list(dict.fromkeys(procedure for procedure, _ in counts))
    yield f"{'ok/retried/asked':<24}" + "".join(f"{name[: WIDTH - 1]:>{WIDTH}}" for name in procedures)
    for fault in FAULTS:
        shown = (_cell(counts.get((procedure, fault), Counter())) for procedure in procedures)
        yield f"{fault:<24}" + "".join(f"{text:>{WIDTH}}" for text in shown)
    totals = [sum((counts.get((one, fault), Counter()) for fault in FAULTS), Counter()) for one in procedures]
    yield f"{'total':<24}" + "".join(f"{_cell(total):>{WIDTH}}" for total in totals)
    every = sum(totals, Counter())
    yield f"{every.total():,} cells: " + ", ".join(f"{every[result]:,} {result}" for result in Result) + "."


def _cell(counts: Counter[str]) -> str:
    if counts[Result.FAILED]:
        return f"{counts[Result.FAILED]} FAILED"
    shown = (Result.OK, Result.RETRIED, Result.ASKED)
    return "/".join(str(counts[result]) for result in shown) if counts.total() else "-"
