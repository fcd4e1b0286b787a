"""How the site is set up: from ``COURTSIDE_…`` variables and, below them, a TOML file."""

from __future__ import annotations

import datetime
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from seawall.errors import UsageError

_PREFIX = "COURTSIDE_"
_FILE = "COURTSIDE_CONFIG"
_LISTS = ("trusted_proxies", "import_roots")


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One site. docs/deploy.md has a line for every field.

    Attributes:
        host: the address to listen on.
        port: the port to listen on; 0 takes any free one.
        public_url: where people reach the site, such as ``https://league.example``; ``""`` where
            they reach it directly.
        trusted_proxies: addresses of reverse proxies whose ``X-Forwarded-…`` headers count.
        time_zone: the zone of clubs that have none of their own.
        today: the day to take for today, in place of the real one.
        session_days: how long somebody stays signed in.
        reset_link_hours: how long a link for a new password works.
        connections: connections to the database, at most.
        passwords_at_once: passwords checked at the same time; each takes 64 MiB.
        import_roots: directories whose directories operators may import as scrapes.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    time_zone: str = "America/Chicago"
    today: datetime.date | None = None
    session_days: Annotated[int, Meta(ge=1, le=400)] = 180
    reset_link_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    connections: Annotated[int, Meta(ge=1, le=200)] = 10
    passwords_at_once: Annotated[int, Meta(ge=1, le=64)] = 2
    import_roots: tuple[str, ...] = ()

    @property
    def is_https(self) -> bool:
        """Whether people reach the site by https: then cookies are for https only."""
        return self.public_url.startswith("https://")

    @property
    def base_url(self) -> str:
        """Where links that leave the site begin, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"


def load(environment: Mapping[str, str] = os.environ) -> Configuration:
    """Read the configuration; a variable overrules the file that ``COURTSIDE_CONFIG`` names.

    Raises:
        UsageError: the file cannot be read, or a value or name is not one.
    """
    said = _of_file(Path(environment[_FILE])) if environment.get(_FILE) else {}
    for name in Configuration.__struct_fields__:
        if (value := environment.get(_PREFIX + name.upper(), "")) != "":
            is_list = name in _LISTS
            said[name] = [part.strip() for part in value.split(",")] if is_list else value
    try:
        found = msgspec.convert(said, Configuration, strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(str(error)) from None
    return _checked(found)


def _checked(found: Configuration) -> Configuration:
    try:
        ZoneInfo(found.time_zone)
    except (KeyError, OSError, ValueError):
        raise _wrong(f"time_zone “{found.time_zone}” is no time zone") from None
    if found.public_url:
        parts = urlsplit(found.public_url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
            raise _wrong(f"public_url “{found.public_url}” is not like https://league.example")
    return found


def _of_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(f"{path}: {error}") from None


def _wrong(what: str) -> UsageError:
    return UsageError(
        f"the site’s configuration cannot be used: {what}",
        fix=f"Mend the {_PREFIX}… variable or the file that {_FILE} names; see docs/deploy.md.",
    )
