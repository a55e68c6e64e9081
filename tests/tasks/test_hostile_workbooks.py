"""Files made to stop a worker: each is read or refused in words, within 5 s and 300 MB of a process (TRN-2)."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.scale import cases
from tests.tasks.spreadsheet_files import HEADER, MAIN, sheet, text_row, xlsx

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
SECONDS, MEGABYTES = 5, 300
MOST = 5_000_000
"""Bytes of a file that is taken in."""
READ = """
import json, sys, time
from datetime import date
from pathlib import Path
from rules.spreadsheet import UnreadableWorkbook
from tasks.transition_template import annotated
from tasks.transition_workbook import read_sheet

annotated(read_sheet(b"Account,New CSM,Reason", date(2026, 12, 1)), {})
for file in sys.argv[1:]:
    content = Path(file).read_bytes()
    Path("/proc/self/clear_refs").write_text("5")
    start = time.process_time()
    try:
        sheet = read_sheet(content, date(2026, 12, 1))
        words = f"read {len(sheet.cells)}"
        annotated(sheet, {number: ("refused", "=x" * 500) for number, _ in sheet.cells})
    except UnreadableWorkbook as refused:
        words = str(refused)
    peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    print(json.dumps([words, time.process_time() - start, int(peak) // 1000]))
"""
ROW = text_row(2, "Acme", "Pat", "Leave")
MERGES = '<mergeCell ref="A1:B2"/>'


def lines(*rows):
    return "\n".join(rows).encode()


def many_rows(cells):
    """A row of these cells 8,000 times."""
    return "".join(f'<row r="{n}">{cells.format(n=n)}</row>' for n in range(2, 8002))


def strings(inner):
    return {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{inner}</sst>'}


def styles(inner):
    return {"xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{inner}</styleSheet>'}


def inner(prefix, count, form="{n}"):
    return prefix + "".join(form.format(n=n) for n in range(count))


LETTERS = [*map(chr, range(65, 91)), *(f"A{chr(n)}" for n in range(65, 89))]
FIFTY = "".join(f'<c r="{c}{{n}}" t="s"><v>0</v></c>' for c in LETTERS)
SMILE, ACCENT, ATTRIBUTE = "\U0001f600", "\u0301", 'a{n}="" '
NUMBER_FORMAT = '<numFmt numFmtId="{n}" formatCode="d"/>'
START = "Account,New CSM,Reason"
HOSTILE = {
    "merged cells in a comment": lambda: xlsx(sheet(HEADER + ROW, after=f"<!-- {'<mergeCell ' * 250_000} -->")),
    "rows in a comment": lambda: xlsx(sheet(HEADER + ROW, after=f"<!-- {'<row ' * 250_000} -->")),
    "rows in small comments": lambda: xlsx(sheet(HEADER + ROW, after="<!--<row -->" * 1_500_000)),
    "a value far to the right": lambda: xlsx(sheet(HEADER + many_rows('<c r="XFD{n}"><v>1</v></c>'))),
    "merged cells without end": lambda: xlsx(sheet(HEADER + ROW, after=f"<mergeCells>{MERGES * 300_000}</mergeCells>")),
    "a bomb": lambda: xlsx(sheet(HEADER + " " * 31_000_000)),
    "thirty megabytes of nothing": lambda: xlsx(sheet(HEADER + " " * 29_900_000)),
    "thirty megabytes of line ends": lambda: xlsx(sheet(HEADER + "\n" * 29_900_000)),
    "deep nesting": lambda: xlsx(sheet(HEADER + "<a>" * 1_000_000)),
    "cells without number": lambda: xlsx(sheet(HEADER + f"<row>{'<c/>' * 700_000}</row>")),
    "rows without end": lambda: xlsx(sheet(HEADER + "<row/>" * 700_000)),
    "names without end": lambda: xlsx(sheet(inner(HEADER, 700_000, "<a{n}/>"))),
    "attributes of one element": lambda: xlsx(sheet(HEADER + f"<row {inner('', 2_000_000, ATTRIBUTE)}/>")),
    "attributes without end": lambda: xlsx(
        sheet(HEADER + "".join(f"<x {inner('', 1000, f'a{k}_' + ATTRIBUTE)}/>" for k in range(1300)))
    ),
    "a long value": lambda: xlsx(sheet(HEADER + f'<row r="2"><c r="A2" s="{"1" * 29_000_000}"/></row>')),
    "a huge text": lambda: xlsx(sheet(HEADER + text_row(2, "\u00e4" * 14_000_000, "Pat", "Leave"))),
    "huge shared texts": lambda: xlsx(
        sheet(HEADER + many_rows(FIFTY)), parts=strings(f"<si><t>{SMILE * 7_000_000}</t></si>")
    ),
    "many shared texts": lambda: xlsx(sheet(HEADER + ROW), parts=strings("<si><t>ab</t></si>" * 400_000)),
    "many long shared texts": lambda: xlsx(
        sheet(HEADER + ROW), parts=strings(f"<si><t>{SMILE * 5000}</t></si>" * 1400)
    ),
    "many looks": lambda: xlsx(sheet(HEADER + ROW), parts=styles(f"<cellXfs>{'<xf/>' * 700_000}</cellXfs>")),
    "many fonts": lambda: xlsx(sheet(HEADER + ROW), parts=styles(f"<fonts>{'<font/>' * 700_000}</fonts>")),
    "many formats": lambda: xlsx(
        sheet(HEADER + ROW),
        parts=styles(f"<numFmts>{inner('', 400_000, NUMBER_FORMAT)}</numFmts>"),
    ),
    "many sheets": lambda: xlsx(*[sheet(HEADER + ROW)] * 490),
    "many long names of sheets": lambda: xlsx(*[sheet(ROW)] * 400, names=["x" * 50_000] * 400),
    "all rows merged": lambda: xlsx(
        sheet(HEADER + many_rows('<c r="A{n}"><v>1</v></c>'), after='<mergeCell ref="A2:A8001"/>' * 2000)
    ),
    "all cells filled": lambda: xlsx(sheet(HEADER + many_rows(FIFTY)), parts=strings(f"<si><t>{'x' * 5000}</t></si>")),
    "two thousand rows of fifty cells": lambda: lines(
        ",".join([START, *(f"c{n}" for n in range(47))]), *(f"A{n},P,Leave" + ",some text" * 47 for n in range(1990))
    ),
    "entities": lambda: xlsx(
        '<!DOCTYPE x [<!ENTITY a "ha">'
        + inner("", 30, '<!ENTITY a{n} "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">')
        + "]>"
        + sheet(HEADER + ROW)
    ),
    "a file from elsewhere": lambda: xlsx('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + sheet(HEADER)),
    "another compression": lambda: xlsx(sheet(HEADER + ROW), compression=zipfile.ZIP_LZMA),
    "many files": lambda: xlsx(sheet(ROW), parts={f"x{n}": "" for n in range(40_000)}),
    "a line of commas": lambda: lines(START, "," * 1_000_000),
    "five megabytes of commas": lambda: lines(START, "," * (MOST - 30)),
    "a header of commas": lambda: lines(START + "," * (MOST - 30)),
    "cells of two letters": lambda: lines(START, "ab," * 1_600_000),
    "lines without end": lambda: lines(START, "\n" * (MOST - 30)),
    "short lines without end": lambda: lines(START, "a\n" * 2_400_000),
    "a quotation mark never closed": lambda: lines(START, '"' + "a,b,c\n" * 800_000),
    "quotation marks without end": lambda: lines(START, '"' * (MOST - 30)),
    "a quotation mark in every line": lambda: lines(START, '"a\n' * 1_600_000),
    "a long line": lambda: lines(START, "x" * (MOST - 30)),
    "a long header": lambda: lines(START + "," + "Ä" * 2_400_000),
    "zero bytes": lambda: bytes(MOST),
    "zero bytes in a text": lambda: lines(START, "\0" * 1_000_000),
    "half characters": lambda: b"\xff\xfe" + b"\x00\xd8" * 2_400_000,
    "names that all look alike": lambda: lines(START, *(f"A,P,{'Leav' * 120}" for _ in range(1990))),
    "accents upon accents": lambda: lines(START, *(f"a{ACCENT * 249}{n},P,Leave" for n in range(1990))),
    "markup": lambda: b"<" * MOST,
}

USED = cases(
    HOSTILE,
    *("merged cells in a comment", "rows in a comment", "a value far to the right", "a line of commas"),
    *("merged cells without end", "a bomb", "deep nesting", "huge shared texts", "entities", "a file from elsewhere"),
    *("lines without end", "zero bytes", "a quotation mark never closed", "names that all look alike"),
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What became of each file: words, seconds of computing, and megabytes at the peak of its process."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, name in enumerate(USED):
        (folder / f"{number:02}").write_bytes(HOSTILE[name]()[: MOST + 1])
    command = [sys.executable, "-c", READ, *map(str, sorted(folder.iterdir()))]
    got = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=500)
    return dict(zip(USED, map(json.loads, got.stdout.splitlines()), strict=False)) | {"": got.stderr.decode()[-2000:]}


@pytest.mark.parametrize("name", USED)
def test_trn_2_any_file_of_five_megabytes_is_read_or_refused_in_words_within_its_bounds(results, name):
    assert name in results, results[""]
    words, seconds, megabytes = results[name]
    assert words.startswith("read ") or words.endswith(".")
    assert (seconds < SECONDS, megabytes < MEGABYTES) == (True, True), (seconds, megabytes)
