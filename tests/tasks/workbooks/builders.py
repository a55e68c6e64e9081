"""The team lead's workbook, filled in cell by cell, and what is read of it."""

import io
from datetime import date

from openpyxl import Workbook

from rules.transition.rows import COLUMNS
from tasks.transition.workbook import read_sheet

TODAY = date(2026, 12, 1)
ACME = ["Acme Clinics", "Pat Lee", "Leave", "2026-12-24", "Manual", "Call first."]


def book_of(*rows, headers=COLUMNS):
    book = Workbook()
    for row in (headers, *rows):
        book.worksheets[0].append(list(row))
    return book


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(book):
    return read_sheet(saved(book), TODAY)


def faults(sheet):
    return [(one.row, one.column) for one in sheet.faults]
