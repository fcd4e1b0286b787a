"""Days, times and numbers in every form that the feeds use."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from courtside.feeds.values import UnusableError, parse_count, parse_day, parse_number, parse_time


@pytest.mark.parametrize(
    "text", ["02-Oct-24", "2-oct-2024", "10/02/2024", "10/2/2024", " 2024-10-02 "]
)
def test_days(text: str) -> None:
    assert parse_day(text) == datetime.date(2024, 10, 2)


@pytest.mark.parametrize(
    "text", [None, "", "31-Feb-24", "13/13/2024", "02-Okt-24", "tomorrow", "10/02/24"]
)
def test_no_day(text: str | None) -> None:
    with pytest.raises(UnusableError, match=r"no date|date cannot be read"):
        parse_day(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("06:30 pm", (18, 30)),
        ("10:30 AM", (10, 30)),
        ("12:00 pm", (12, 0)),
        ("12:15 am", (0, 15)),
        ("18:30", (18, 30)),
        ("7:05 p.m.", (19, 5)),
    ],
)
def test_times(text: str, expected: tuple[int, int]) -> None:
    assert parse_time(text) == datetime.time(*expected)


@pytest.mark.parametrize("text", [None, "", "  ", "TBD"])
def test_no_time_is_said(text: str | None) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize("text", ["25:00", "13:00 pm", "0:30 am", "evening", "6"])
def test_no_time(text: str) -> None:
    with pytest.raises(UnusableError, match="time cannot be read"):
        parse_time(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("21.0", "21.0"),
        (21.5, "21.5"),
        (-3, "-3"),
        ("-21.6", "-21.6"),
        ("82.4%", "82.4"),
        ("0", "0"),
    ],
)
def test_numbers(value: str | int | float, expected: str) -> None:
    assert parse_number(value) == Decimal(expected)


@pytest.mark.parametrize("value", [None, "", "N/A", "n/a", " "])
def test_no_number_is_said(value: str | None) -> None:
    assert parse_number(value) is None
    assert parse_count(value) is None


@pytest.mark.parametrize("value", ["9/9", "nan", "1e9", "ten", float("nan"), float("inf"), "٣"])
def test_no_number(value: str | float) -> None:
    with pytest.raises(UnusableError, match="number cannot be read"):
        parse_number(value)


def test_counts_are_whole_and_fit_the_column() -> None:
    assert parse_count("14") == 14
    assert parse_count(14.0) == 14
    assert parse_count(2**31 - 1) == 2**31 - 1
    for value in ("1.5", 2**31, "99999999999"):
        with pytest.raises(UnusableError, match="number cannot be read"):
            parse_count(value)
