"""Names as keys: spaces, riders, case."""

from __future__ import annotations

import pytest

from courtside.feeds.names import collapse, is_bye, name_key, split_riders


def test_spaces_collapse_and_case_folds_only_in_keys_of_clubs() -> None:
    assert collapse("  Loch  Fell\u00a0 S1 ") == "Loch Fell S1"
    assert collapse(None) == ""
    assert name_key("PeakSport-Lshire ") == name_key("Peaksport-Lshire") == "peaksport-lshire"
    assert name_key("Glen Fir") != name_key("Glen Fir I")


@pytest.mark.parametrize(
    ("scraped", "name", "riders"),
    [
        ("Ann Doe", "Ann Doe", ""),
        ("Ann  Doe ", "Ann Doe", ""),
        ("Ann DoeBy Default", "Ann Doe", "By Default"),
        ("Ann Doe By Forfeit", "Ann Doe", "By Forfeit"),
        ("Ann Doe By Mutual Default", "Ann Doe", "By Mutual Default"),
        ("Ann Doe (S)", "Ann Doe", "(S)"),
        ("Ann Doe(S↑)By Forfeit", "Ann Doe", "(S↑)By Forfeit"),
        ("Ann Doe (S↓) By Injury", "Ann Doe", "(S↓) By Injury"),
        ("By Forfeit", "", "By Forfeit"),
        ("Ann Doe (Smith)", "Ann Doe (Smith)", ""),
        ("Ann Doe (Smith)By Injury", "Ann Doe (Smith)", "By Injury"),
        ("(Smith) Doe", "(Smith) Doe", ""),
        ("Colby Smith", "Colby Smith", ""),
        ("Byron Smith", "Byron Smith", ""),
        ("Ann ByFord", "Ann ByFord", ""),
        ("ANN BY DOE", "ANN BY DOE", ""),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_riders_are_no_part_of_a_name(scraped: str | None, name: str, riders: str) -> None:
    assert split_riders(scraped) == (name, riders)


def test_byes() -> None:
    assert is_bye("BYE - 11")
    assert is_bye("Bye")
    assert not is_bye("Byeford - 11")
