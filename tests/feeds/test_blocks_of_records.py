"""Records decoded a block at a time: the outcome of each is as if it stood alone in its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from courtside.feeds.leagues import League
from courtside.feeds.scrape_file import Batch, RecordKind, ScrapeFile
from courtside.feeds.values import UnusableError
from seawall.feeds.reading import FileRead, Rows, SetAside


class Record(msgspec.Struct):
    name: str
    league: str | None = None
    more: Any = None


KIND = RecordKind(Record)
GOOD = '{"name": "Ann", "league": "APTA_CHICAGO"}'
STRANGE = {
    "NUL": r'{"name": "A\u0000nn"}',
    "NUL in a key": r'{"name": "Ann", "more": {"\u0000": 1}}',
    "NUL in a field that nobody reads": r'{"name": "Ann", "other": ["\u0000"]}',
    "backslash before u0000": r'{"name": "A\\u0000nn"}',
    "backslash before NUL": r'{"name": "A\\\u0000nn"}',
    "half a surrogate pair": r'{"name": "\ud800"}',
    "NaN": '{"name": "Ann", "more": NaN}',
    "brackets in text": '{"name": "]},{[", "more": "\\""}',
    "number": "5",
    "null": "null",
    "array": '["Ann"]',
    "text": '"Ann"',
    "another type": '{"name": 5}',
    "nothing": "{}",
    "twice the same field": '{"name": "Ann", "name": 5}',
    "long": '{"name": "' + "x" * 3000 + '"}',
    "long with white space": '{"name": "Ann"' + " " * 3000 + "}",
    "deep": '{"name": "Ann", "more": ' + "[" * 900 + "]" * 900 + "}",
    "too deep": '{"name": "Ann", "more": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "huge number": '{"name": "Ann", "more": ' + "9" * 400 + "}",
    "foreign": '{"name": "Ann", "league": "NSTF"}',
    "unknown league": '{"name": "Ann", "league": "nobody"}',
    "no league": '{"name": "Ann", "league": null}',
    "refused": '{"name": "refuse me"}',
}


NUL, BAD = "text holds a NUL character", "not a record of its kind"
LONG, FOREIGN = "record is too long", "record of another league"
SET_ASIDE = {
    **dict.fromkeys(("NUL", "NUL in a key", "NUL in a field that nobody reads"), NUL),
    **dict.fromkeys(("backslash before NUL",), NUL),
    **dict.fromkeys(("half a surrogate pair", "NaN", "number", "null", "array", "text"), BAD),
    **dict.fromkeys(("another type", "nothing", "twice the same field"), BAD),
    **dict.fromkeys(("long", "long with white space", "too deep"), LONG),
    "foreign": FOREIGN,
    "refused": "refused",
}


def outcome(directory: Path, records: list[str]) -> list[tuple[Any, ...]]:
    """(position, used name or reason, detail, record) of every record, and how many were read."""
    path = directory / "APTA_CHICAGO" / "players.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("[" + ",\n".join(records) + "]", encoding="utf-8")
    file = ScrapeFile(path, LEAGUE, "players", "players")
    batch = Batch("players")

    def use(position: int, record: Record) -> None:
        if record.name == "refuse me":
            raise UnusableError("refused", "by name")
        batch.rows.append((position, record.name))

    found: list[tuple[Any, ...]] = []
    for item in file.items(KIND, use, (batch,)):
        if isinstance(item, Rows):
            found += [(position, name) for position, name in item.rows]
        elif isinstance(item, SetAside):
            found.append((item.position, item.reason, item.detail, bytes(item.record)))
        elif isinstance(item, FileRead):
            assert item.read == len(records)
    return sorted(found, key=repr)


LEAGUE = League("APTA_CHICAGO", "APTA Chicago")


@pytest.mark.parametrize("name", STRANGE)
def test_one_strange_record_among_thousands(tmp_path: Path, name: str) -> None:
    records = [GOOD] * 4000
    records[2500] = STRANGE[name]
    ((_, *alone),) = outcome(tmp_path, [STRANGE[name]])

    found = {position: said for position, *said in outcome(tmp_path, records)}

    assert (alone[0] if len(alone) > 1 else None) == SET_ASIDE.get(name)
    assert found.pop(2501) == alone
    assert found == {n: ["Ann"] for n in range(1, 4001) if n != 2501}


def test_strange_records_together(tmp_path: Path) -> None:
    records = list(STRANGE.values())
    alone = [
        (n, *said) for n, text in enumerate(records, 1) for _, *said in outcome(tmp_path, [text])
    ]
    assert outcome(tmp_path, records) == sorted(alone, key=repr)


def test_what_is_decoded_at_once_is_what_stands_there(tmp_path: Path) -> None:
    names = [f'né {n} "\\/ \u2028' for n in range(9000)]
    records = [json.dumps({"name": name}, ensure_ascii=n % 2 == 0) for n, name in enumerate(names)]
    assert dict(outcome(tmp_path, records)) == dict(enumerate(names, 1))
