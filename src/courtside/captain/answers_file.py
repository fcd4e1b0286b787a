"""The grid as CSV, which a spreadsheet may open without running anything in it."""

from __future__ import annotations

import csv
import io

from courtside.captain.grid import Grid

_WORDS = {"in": "In", "out": "Out", "maybe": "Maybe", "clear": ""}
# Spreadsheets take a cell that begins so for a formula; they skip spaces before it.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def csv_of(grid: Grid) -> bytes:
    """A line a player: name, account, and for each day the answer and the note.

    UTF-8 with a byte order mark, which spreadsheets need to read names right.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    heading = ["Player", "Account"]
    for day in grid.days:
        heading += [f"{day.day:%a} {day.day}", f"{day.day:%a} {day.day} note"]
    writer.writerow(map(harmless, heading))
    for row in grid.rows:
        cells = [row.name_with_rider, "yes" if row.user_id else "no"]
        for day in grid.days:
            cells += [_WORDS[row.word(day.day)], row.answer(day.day).note]
        writer.writerow(map(harmless, cells))
    totals = ["In · out · maybe · no answer", ""]
    for day in grid.days:
        standing = day.standing
        counts = (standing.in_, standing.out, standing.maybe, standing.none)
        totals += [" · ".join(str(len(names)) for names in counts), ""]
    writer.writerow(map(harmless, totals))
    return text.getvalue().encode("utf-8-sig")


def harmless(cell: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula."""
    is_formula = cell.startswith(_BEGINS_FORMULA) or cell.lstrip().startswith(_BEGINS_FORMULA)
    return f"'{cell}" if is_formula else cell
