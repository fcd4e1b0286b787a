"""Faults of seawall’s own code, and what other sessions do while a run is at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import merge_bugs
import pytest
from league import changed
from planting import (
    Sabotage,
)
from victim import CHANGED, FEED


def of_the_merge(
    what: str,
    bug: Callable[[pytest.MonkeyPatch], None],
    stopped: str,
    seen: str,
    feed: dict[str, Any] = CHANGED,
) -> Sabotage:
    """A fault in the code that writes."""
    return Sabotage(what=f"the merge{what}", bug=bug, stopped=stopped, seen=seen, feed=feed)


FAULTS_OF_OUR_OWN = [
    of_the_merge(
        "’s UPDATE lost its WHERE",
        merge_bugs.update_without_where,
        "failed",
        "row counts",
        {"teams": changed(FEED["teams"], {"club": "Tennaqua"}, wins=4)},
    ),
    of_the_merge(
        "’s UPDATE joins the wrong rows, as many as planned",
        merge_bugs.update_of_wrong_rows,
        "unverified",
        "second match",
    ),
    of_the_merge(
        "’s INSERT gives children the wrong parent",
        merge_bugs.insert_below_wrong_parent,
        "unverified",
        "second match",
    ),
    of_the_merge("’s DELETE lost its WHERE", merge_bugs.delete_without_where, "failed", "database"),
    of_the_merge(
        " deletes rows that users refer to",
        merge_bugs.delete_held_rows,
        "failed",
        "database",
        {**FEED, "games": FEED["games"][2:]},
    ),
    of_the_merge(
        " deletes another row than planned",
        merge_bugs.delete_wrong_row,
        "unverified",
        "second match",
    ),
    of_the_merge(
        " writes a user table",
        merge_bugs.write_users_too,
        "failed",
        "guards, counters, fingerprints",
    ),
    of_the_merge(
        " writes although nothing changed",
        merge_bugs.write_without_need,
        "unverified",
        "certificate",
        FEED,
    ),
]

BESIDE_THE_RUN = [
    Sabotage(
        what="somebody disables a guard while the run is at work",
        during=("verifying", 'ALTER TABLE answers DISABLE TRIGGER "0_seawall_guard_rows"'),
        stopped="unverified",
        seen="second look",
    ),
    Sabotage(
        what="somebody drops a user table and makes it anew, empty, after planning",
        after="DROP TABLE journal; CREATE TABLE journal (id integer PRIMARY KEY, entry text)",
        stopped="unverified",
        seen="guards",
        blamed=False,
    ),
    Sabotage(
        what="users insert, change and delete while the run is at work (no sabotage: no blame)",
        during=(
            "verifying",
            "INSERT INTO users (name) VALUES ('Eve'); UPDATE answers SET answer = 'no';"
            "DELETE FROM favourites",
        ),
        stopped="done",
        seen="",
        blamed=False,
    ),
    Sabotage(
        what="a version in the history is altered",
        before="UPDATE seawall.row_history SET row_values[2] = 'Eve' WHERE row_values[2] = 'Ann'",
        stopped="done",
        seen="read-back",
    ),
    Sabotage(
        what="a version in the history is deleted",
        before="DELETE FROM seawall.row_history WHERE row_values[2] = 'Ann'",
        stopped="done",
        seen="read-back",
    ),
]
