"""Which directories may be imported. A form names one of a list; no path is ever put together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

# The newest by name; a directory of years of scrapes is still a page.
MOST_SHOWN = 60


@dataclass(frozen=True)
class Scrape:
    """A directory that the configuration allows to be imported.

    Attributes:
        label: the root's last part and the directory's name; what a form calls it.
    """

    path: Path
    label: str


def available(roots: Iterable[str]) -> list[Scrape]:
    """The directories right below the roots that hold a directory themselves, newest name first.

    Nothing that leads out of its root by a symbolic link is among them, and nothing whose name a
    page cannot show.
    """
    found = [scrape for root in roots for scrape in _below(Path(root))]
    found.sort(key=lambda scrape: (scrape.path.name, scrape.label), reverse=True)
    allowed = (scrape for scrape in found if _stays_within(scrape.path))
    return list(islice(allowed, MOST_SHOWN))


def chosen(roots: Iterable[str], label: str) -> Scrape | None:
    """The directory that a form names; None where it is not among those that are allowed."""
    return next((scrape for scrape in available(roots) if scrape.label == label), None)


def _below(root: Path) -> Iterator[Scrape]:
    try:
        real_root = root.resolve(strict=True)
        children = sorted(real_root.iterdir())
    except OSError:
        return
    for child in children:
        if child.name.startswith(".") or not child.name.isprintable():
            continue
        if child.is_dir() and _is_scrape(child):
            yield Scrape(child, f"{real_root.name}/{child.name}")


def _is_scrape(directory: Path) -> bool:
    """Whether it looks like LEAGUE/KIND.json: some directory with a JSON file in it."""
    try:
        return next(directory.glob("*/*.json"), None) is not None
    except OSError:
        return False


def _stays_within(directory: Path) -> bool:
    """Whether neither it nor anything in it is a link to somewhere outside the root."""
    root = directory.parent
    if not directory.resolve().is_relative_to(root):
        return False
    for place, directories, files in os.walk(directory):
        for name in (*directories, *files):
            path = Path(place, name)
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                return False
    return True
