"""json_records: whatever the block size, the same records as json.loads; broken files are named."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.errors import FeedError
from seawall.feeds.json_records import records

_text = st.text(alphabet='{}[],:"\\ ab\né', max_size=8)
_value = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
_element = st.dictionaries(_text, _value, max_size=4) | _value


def _read(path: Path, block_bytes: int) -> list[object]:
    found = list(records(path, block_bytes=block_bytes))
    assert [position for position, _ in found] == list(range(1, len(found) + 1))
    return [msgspec.json.decode(raw) for _, raw in found]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    elements=st.lists(_element, max_size=12),
    block_bytes=st.integers(1, 60),
    indent=st.sampled_from([None, 0, 2]),
    around=st.sampled_from(["", " ", "\n\t"]),
)
def test_any_block_size_gives_what_json_gives(
    tmp_path: Path, elements: list[object], block_bytes: int, indent: int | None, around: str
) -> None:
    path = tmp_path / "file.json"
    path.write_text(around + json.dumps(elements, indent=indent) + around, encoding="utf-8")
    assert _read(path, block_bytes) == elements


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    elements=st.lists(_element, min_size=1, max_size=8),
    block_bytes=st.integers(1, 40),
    data=st.data(),
)
def test_a_file_that_breaks_off_is_refused_or_was_only_white_space(
    tmp_path: Path, elements: list[object], block_bytes: int, data: st.DataObject
) -> None:
    whole = json.dumps(elements).encode()
    path = tmp_path / "file.json"
    path.write_bytes(whole[: data.draw(st.integers(1, len(whole) - 1))])
    with pytest.raises(FeedError, match="is broken at byte"):
        list(records(path, block_bytes=block_bytes))


@pytest.mark.parametrize("content", [b"", b" \n\t ", b"[]", b" [ ] \n", b"\xef\xbb\xbf[]"])
@pytest.mark.parametrize("block_bytes", [1, 3, 1 << 20])
def test_an_empty_file_is_an_array_of_none(
    tmp_path: Path, content: bytes, block_bytes: int
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    assert _read(path, block_bytes) == []


@pytest.mark.parametrize("block_bytes", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("content", "byte"),
    [
        (b'{"a": 1}', 0),
        (b"  null", 2),
        (b"[NaN]", 1),
        (b'[{"a": 1}, NaN, {"a": 1}]', None),
        (b'[{"a": 1}, {"a": NaN}', None),
        (b'[{"a": NaN}] x', None),
        (b'[{"a": NaN},]', None),
        (b'[,{"a": NaN}]', None),
        (b'[{"a": [1}, {"a": 2}]', None),
        (b'[{"a": "1}, {"a": 2}]', None),
        (b'[{"a": 1},]', None),
        (b'[,{"a": 1}]', None),
        (b'[{"a": 1},,{"a": 2}]', None),
        (b'[{"a": 1} {"a": 2}]', None),
        (b'[{"a": 1}] {"a": 2}', None),
        (b'[{"a": 1}], {"a": 2}', None),
        (b'[{"a": 1}]]', None),
        (b'[{"a": 1}', 9),
        ("[1]".encode("utf-16"), 0),
        ("[1]".encode("utf-16-le"), 0),
    ],
)
def test_what_is_not_one_array_is_refused_with_the_place(
    tmp_path: Path, content: bytes, byte: int | None, block_bytes: int
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(FeedError) as refused:
        list(records(path, block_bytes=block_bytes))
    assert "file.json is broken at byte" in refused.value.what
    if byte is not None:
        assert f"at byte {byte}:" in refused.value.what
    assert refused.value.why
    assert refused.value.fix


@pytest.mark.parametrize("block_bytes", [1, 30, 1 << 20])
@pytest.mark.parametrize(
    "bad",
    [
        b'{"a": NaN}',
        b'{"a": "\\ud83d"}',
        b'{"a": 1 "b": 2}',
        b'{"a": "\xff"}',
        b'{"a": "tab\there"}',
        b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
)
def test_one_bad_record_does_not_break_the_file(
    tmp_path: Path, bad: bytes, block_bytes: int
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b'[{"a": "},{"}, ' + bad + b',\n{"a": [{"b": 1}]}, 7, ' + bad + b"]\n")
    if len(bad) > 1000:
        block_bytes = max(block_bytes, 1000)  # or the test takes long, for nothing
    found = [(position, bytes(raw)) for position, raw in records(path, block_bytes=block_bytes)]
    assert found == [(1, b'{"a": "},{"}'), (2, bad), (3, b'{"a": [{"b": 1}]}'), (4, b"7"), (5, bad)]
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError, RecursionError)):
        msgspec.json.decode(bad)


def test_a_missing_file_is_a_feed_error(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="cannot be read"):
        list(records(tmp_path / "absent.json"))


def test_records_larger_than_a_block_and_nested_objects_that_open_alike(tmp_path: Path) -> None:
    inner = [{"date": "x", "pti": str(number)} for number in range(300)]
    elements = [{"date": "outer", "matches": inner}, {"date": "z", "matches": []}] * 20
    path = tmp_path / "file.json"
    path.write_text(json.dumps(elements))
    for block_bytes in (100, 1000, 30_000):
        assert _read(path, block_bytes) == elements


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak_bytes(count: int) -> int:
        path = tmp_path / f"{count}.json"
        record = json.dumps({"name": "x" * 40, "list": [{"name": "}, {"}]})
        path.write_text("[" + ",\n".join([record] * count) + "]")
        tracemalloc.start()
        try:
            assert sum(1 for _ in records(path, block_bytes=1 << 14)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak_bytes(20_000) < 1.2 * peak_bytes(2_000)
