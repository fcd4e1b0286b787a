"""Names as keys: single spaces, no riders, no case where case wobbles."""

from __future__ import annotations

import re
from functools import lru_cache

# "(S)", "(S↑)", "(S↓)": a substitute, from below or above. "By Default", "By Forfeit",
# "By … Default": how a match ended, put behind a player's name with or without a space.
_RIDERS = re.compile(
    r"""(?: \s* \(S[↑↓]?\) | (?: (?<=[a-z)]) | \s+ | ^ ) By (?:\s+[A-Z]\w*){1,2} )+ \s* $""",
    re.VERBOSE,
)


def collapse(text: str | None) -> str:
    """The text with single spaces and none around it; '' for None."""
    # Not cached: a large feed names more people than a cache holds, and a miss costs more.
    return " ".join(text.split()) if text else ""


@lru_cache(maxsize=1 << 12)
def name_key(name: str) -> str:
    """The key of a club's name, which is spelled with and without capitals."""
    return collapse(name).casefold()


def split_riders(name: str | None) -> tuple[str, str]:
    """A player's name as scraped → (the name, the riders behind it).

    ``"Ann DoeBy Default"`` → ``("Ann Doe", "By Default")``. Other brackets belong to the name:
    ``"Ann Doe (Smith)"`` stays as it is.
    """
    if not name:
        return "", ""
    if "By" not in name and "(" not in name:
        return " ".join(name.split()), ""
    found = _RIDERS.search(name)
    if not found:
        return collapse(name), ""
    return collapse(name[: found.start()]), collapse(found.group())


def is_bye(team: str) -> bool:
    """Whether a team's name stands for a day without an opponent ("BYE - 11")."""
    return team.partition(" ")[0].upper() == "BYE"
