"""The cast: clubs and persons. All names are put together from invented syllables."""

from __future__ import annotations

from typing import NamedTuple

from courtside.sample_feeds import quirks
from courtside.sample_feeds.dice import draw, draw_with_token


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_CLUB_STEMS = _words(
    "Alder Briar Copper Dune Elder Fern Gale Heron Ivory Juniper Kestrel Larch Marl "
    "Nettle Orchard Pebble Quill Rook Sable Thistle Umber Vesper Yarrow Zephyr"
)
_CLUB_TAILS = _words("brook crest field gate haven mere ridge stone water wick wold combe")
_CLUB_TYPES = ("", " CC", " PD", " RC", " GC")
_CLUB_BASES = len(_CLUB_STEMS) * len(_CLUB_TAILS)

INCIDENT_CLUBS = ("Tennaqua", "Valley Lo")
MOST_CLUBS = 1429
"""A prime below the number of names there are."""

_FIRST = tuple(
    start + end
    for start in _words(
        "Bram Cael Dov Elu Fae Gwir Hal Ior Jav Kess Lor Miv Nael Oth Pell Quon Rhos Syl Tav Wyn"
    )
    for end in _words("a adin ara eck elis en enna eo ett ia iel in ira ith o onne or ric une yn")
)
_LAST = tuple(
    start + middle + end
    for start in _words(
        "Ard Bex Cor Dral Esk Fenn Grav Hox Ist Jorv Kald Lum Morv Nash Ost Prin Quar "
        "Resk Sked Torv Und Vask Wrex Yeld Zorn Blen Clav Drum Flin Glav Krest Plov Skar "
        "Strav Thral"
    )
    for middle in ("", "a", "en", "i", "o", "um")
    for end in _words(
        "bard by croft dane fell garth holt kirk lund mond nick pole quist rud shaw "
        "thorpe vale worth yard zell"
    )
)


class Person(NamedTuple):
    """Somebody made up.

    ``number`` holds random bits for whatever else is to be decided about the person.
    """

    first_name: str
    last_name: str
    source_id: str
    number: int

    @property
    def full_name(self) -> str:
        """First and last name as results print them."""
        return f"{self.first_name} {self.last_name}".strip()


def club_name(index: int) -> str:
    """Return the club ``index`` (0 to ``MOST_CLUBS`` - 1); the first two are the incident's."""
    if index < len(INCIDENT_CLUBS):
        return INCIDENT_CLUBS[index]
    # 125 has no divisor in common with the number of bases: neighbours differ, none comes twice.
    base = index * 125 % _CLUB_BASES
    stem, tail = _CLUB_STEMS[base // len(_CLUB_TAILS)], _CLUB_TAILS[base % len(_CLUB_TAILS)]
    if index % quirks.CLUB_WITH_AMPERSAND.every == quirks.CLUB_WITH_AMPERSAND.first:
        name = f"{stem} & {tail.title()}"
    elif index == quirks.CLUB_IN_TWO_CASES:
        name = stem + tail.title()
    else:
        name = stem + tail
    return name + _CLUB_TYPES[index // _CLUB_BASES]


def person(seed: int, league: str, team: int, spot: int, *, born: int, rank: int) -> Person:
    """Return who stands at a roster spot.

    Args:
        seed: the feed's seed.
        league: code of the league; no id is in two leagues.
        team: number of the team; -1 for persons who are on no roster.
        spot: number of the roster spot the person first had.
        born: version that brought the person.
        rank: running number in the league, which spreads the oddities evenly.
    """
    number, token = draw_with_token(f"{seed} person {league} {team} {spot} {born}")
    first = _FIRST[number % len(_FIRST)]
    last = _LAST[(number >> 16) % len(_LAST)]
    odd = quirks.NAME_QUIRKS.get(rank % quirks.NAME_QUIRKS_EVERY)
    if odd is not None:
        first, last = odd(first, last)
    return Person(first, last, f"nndz-{token}", number >> 32)


def reissued(seed: int, one: Person) -> str:
    """Return the new id of a person whose league gave out all ids anew."""
    return f"nndz-{draw_with_token(f'{seed} reissued {one.source_id}')[1]}"


def substitute_name(seed: int, key: str) -> str:
    """Return the name of somebody who played and is on no roster."""
    number = draw(f"{seed} substitute {key}")
    return f"{_FIRST[number % len(_FIRST)]} {_LAST[(number >> 16) % len(_LAST)]}"
