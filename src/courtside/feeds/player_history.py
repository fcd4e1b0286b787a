"""player_history.json: ratings after each match of a person's career."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator

import msgspec

from courtside.feeds.names import collapse
from courtside.feeds.players import usable_id
from courtside.feeds.scrape_file import MAXIMUM_NESTED_RECORD_BYTES, Batch, RecordKind, ScrapeFile
from courtside.feeds.values import Number, UnusableError, parse_day, parse_number
from seawall.feeds.reading import Item, Value

MAXIMUM_SERIES_CHARACTERS = 300


class RatedMatch(msgspec.Struct, gc=False):
    """One match of a career, as scraped."""

    date: str | None = None
    end_pti: Number = None
    series: str | None = None


class Career(msgspec.Struct, rename={"league": "league_id"}):
    """One record as scraped, as far as it is used. ``matches``: the newest first."""

    league: str | None = None
    player_id: str | None = None
    matches: list[RatedMatch] = []


_kind = RecordKind(Career)


def read(file: ScrapeFile) -> Iterator[Item]:
    """Yield the rows of ``player_history``."""
    batch = Batch("player_history")

    def use(position: int, record: Career) -> None:
        source_id = usable_id(record.player_id)
        if not record.matches:
            file.notes["no matches"] += 1
            return
        rows = _rows(position, file.league.code, source_id, record.matches)
        batch.rows.extend(rows)

    yield from file.items(_kind, use, (batch,), maximum_bytes=MAXIMUM_NESTED_RECORD_BYTES)


def _rows(
    position: int, league: str, source_id: str, matches: list[RatedMatch]
) -> list[tuple[Value, ...]]:
    """A row for each match.

    A person plays several matches of a series on one day. They are numbered from the oldest, the
    end of the list: what is put on top later must not renumber them.
    """
    rows: list[tuple[Value, ...]] = []
    seen: Counter[Value] = Counter()
    for match in reversed(matches):
        day = parse_day(match.date)
        series = collapse(html.unescape(match.series or ""))
        if len(series) > MAXIMUM_SERIES_CHARACTERS:
            raise UnusableError("record is too long", series)
        seen[day, series] += 1
        end_pti = parse_number(match.end_pti)
        rows.append((position, league, source_id, day, series, seen[day, series], end_pti))
    return rows
