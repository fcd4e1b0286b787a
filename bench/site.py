"""The site on the complete feed, with 5,000 users and 100,000 answers.

Time at the server and weight of every page, and 50 players who answer at once while an import runs.

Server times are those of the site's own log. Other work on the machine shows in them; it does not
in the processor time, of the site and of its connections to PostgreSQL together.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg.rows import namedtuple_row
from rich.console import Console
from rich.table import Table

from courtside import league_database
from courtside.sample_feeds import write_sample_feeds
from courtside.site.forgery import token
from seawall import Engine, embedded, queries

SQL = queries.load("bench", "site.sql")
DATABASE = "bench_site"
USERS, ANSWERS, PLAYERS_AT_ONCE = 5_000, 100_000, 50
TIME_GOAL_MILLISECONDS, WEIGHT_GOAL_BYTES = 25, 60_000
_SAMPLE_SIZE = 40_000
_VISITS, _UNCOUNTED = 40, 5
_SECONDS_BETWEEN_ANSWERS = 0.25


@dataclass
class Site:
    """The site as a process, and what it logs."""

    port: int
    process: subprocess.Popen[str]
    lines: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            if line.startswith("{"):
                self.lines.append(json.loads(line))


class Browser:
    """One user's connection, with the cookie of a session that is in the database."""

    def __init__(self, port: int, user_id: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._id = _browser_id(user_id)

    def ask(self, address: str, **form: str) -> tuple[int, str, str]:
        """GET, or POST where there is a form: (status, where it leads, body)."""
        headers = {"Cookie": f"courtside={self._id}"}
        body = None
        if form:
            body = urlencode({"csrf_token": token(self._id), **form})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request("POST" if form else "GET", address, body, headers)
        response = self._connection.getresponse()
        text = response.read().decode()
        return response.status, response.headers.get("Location", ""), text

    def weight(self, address: str) -> int:
        """Bytes that come over the wire to a browser, which takes gzip."""
        headers = {"Cookie": f"courtside={self._id}", "Accept-Encoding": "gzip"}
        self._connection.request("GET", address, headers=headers)
        return len(self._connection.getresponse().read())


def main() -> int:
    """Run the benchmark; ends with 1 where a goal is missed or an answer failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.site", description=__doc__)
    parser.add_argument("--sample", action="store_true", help="made-up feeds, also where real are")
    arguments = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    directory = Path(tempfile.mkdtemp(prefix="courtside-bench-"))
    try:
        server = embedded.start(directory / "postgres")
        try:
            url = embedded.ensure_database(server, DATABASE)
            first, second = _feeds(directory, sample=arguments.sample)
            today = _fill(console, url, first)
            site = _serve(url, today, second.parent)
            try:
                is_good = _pages(console, site, url, today)
                return 0 if _import_under_load(console, site, url, today, second) and is_good else 1
            finally:
                site.process.terminate()
                site.process.wait(30)
        finally:
            embedded.stop(directory / "postgres")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _feeds(directory: Path, *, sample: bool) -> tuple[Path, Path]:
    """The feed to begin with and a later one, right below one directory."""
    real = Path(os.environ.get("REAL_FEEDS", "/nowhere"))
    first, second = real / "2025-06-13", real / "2025-06-30"
    if not sample and first.is_dir() and second.is_dir():
        return first, second
    day = datetime.date(2024, 9, 20)
    written = write_sample_feeds(directory / "feeds", date=day, size=_SAMPLE_SIZE, versions=2)
    return written[0], written[1]


def _fill(console: Console, url: str, feed: Path) -> datetime.date:
    league_database.prepare(url)
    engine = Engine(league_database.manifest(), url)
    engine.apply(engine.plan(feed))
    with psycopg.connect(url, autocommit=True) as connection:
        players = connection.execute(SQL["add_users"], {"users": USERS}).rowcount
        connection.execute(SQL["add_idle_users"], {"users": USERS - players})
        answers = connection.execute(
            SQL["add_answers_for_matches"], {"answers": ANSWERS * 2 // 3}
        ).rowcount
        answers += connection.execute(
            SQL["add_answers_of_the_past"], {"answers": ANSWERS - answers}
        ).rowcount
        connection.execute(SQL["add_history"])
        operator = connection.execute(
            "INSERT INTO users (email, display_name) VALUES ('operator@example.org', 'Operator')"
            " RETURNING id"
        ).fetchone()
        assert operator
        connection.execute("INSERT INTO operators (user_id) VALUES (%s)", operator)
        users = [row[0] for row in connection.execute("SELECT id FROM users").fetchall()]
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO sessions (id_hash, user_id, expires_at)"
                " VALUES (%s, %s, now() + interval '1 day')",
                [(hashlib.sha256(_browser_id(user).encode()).digest(), user) for user in users],
            )
        connection.execute("VACUUM ANALYZE")
        row = connection.execute(SQL["today"]).fetchone()
        assert row
    console.print(
        f"{feed.name}: {len(users) - 1:,} users, {players:,} of them players; {answers:,} answers; "
        f"today is {row[0]}"
    )
    return row[0]


def _browser_id(user_id: int) -> str:
    return hashlib.sha256(f"bench {user_id}".encode()).hexdigest()


def _serve(url: str, today: datetime.date, root: Path) -> Site:
    port = 18_000 + os.getpid() % 10_000
    process = subprocess.Popen(
        [sys.executable, "-c", "from courtside.cli import main; main()", "serve"],
        env={
            **os.environ,
            "DATABASE_URL": url,
            "COURTSIDE_PORT": str(port),
            "COURTSIDE_TODAY": today.isoformat(),
            "COURTSIDE_IMPORT_ROOTS": str(root),
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    site = Site(port, process)
    threading.Thread(target=site.read, daemon=True).start()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if Browser(port, 0).ask("/health")[0] == 200:
                return site
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the site did not start")


def _pages(console: Console, site: Site, url: str, today: datetime.date) -> bool:
    """Visit every page; print time and weight; whether all are within the goals."""
    with psycopg.connect(url, row_factory=namedtuple_row) as connection:
        players = connection.execute(
            SQL["players_with_a_coming_match"], {"today": today}
        ).fetchall()
        row = connection.execute("SELECT user_id FROM operators").fetchone()
        assert row
        operator = row.user_id
    # The largest team is among them: its pages are the heaviest.
    chosen = random.Random(1).sample(players, min(_VISITS - 1, len(players)))
    chosen.append(max(players, key=lambda player: player.team_size))
    static = sum(
        Browser(site.port, 0).weight(f"/static/{name}") for name in ("style.css", "site.js")
    )
    own = ("/availability", "/availability?all=yes", "/availability/history", "/account",
           "/find-yourself?league=1&name=smith", "/availability/{team}/{day}/history")  # fmt: skip
    operators = ("/captain/{team}", "/captain/{team}?all=yes", "/captain/{team}/{day}",
                 "/captain/{team}/print", "/captain/{team}/practices", "/captain?q=valley",
                 "/imports", "/imports/1", "/imports/health", "/imports/1/set-aside", "/users",
                 "/users?q=smith", "/users/log", "/users/{user}", "/users/{user}/restore",
                 "/users/{user}/answers/{team}/{day}", "/link-requests", "/account/tokens",
                 "/api")  # fmt: skip
    started = time.perf_counter()
    Browser(site.port, operator).ask("/imports/health", ask="again")
    examined_in = time.perf_counter() - started
    table = Table(box=None, pad_edge=False)
    for heading in ("page", "p50 ms", "p95 ms", "processor ms", "kB with css, js"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    is_good = True
    for address in (*own, *operators):
        weight, began = 0, 0.0
        site.lines.clear()
        for number, player in enumerate([*chosen[:_UNCOUNTED], *chosen]):
            if number == _UNCOUNTED:
                _times(site, _UNCOUNTED)
                site.lines.clear()
                began = _processor_seconds(site, url)
            filled = address.format(user=player.user_id, team=player.team_id, day=player.day)
            browser = Browser(site.port, player.user_id if address in own else operator)
            status, _, body = browser.ask(filled)
            if status != 200:
                raise SystemExit(f"{filled}: {status}")
            weight = max(weight, len(body.encode()) + static)
        times = _times(site, len(chosen))
        processor = (_processor_seconds(site, url) - began) / len(chosen) * 1000
        p95 = _share(times, 0.95)
        is_light = p95 < TIME_GOAL_MILLISECONDS and weight < WEIGHT_GOAL_BYTES
        is_good &= is_light
        table.add_row(
            address, f"{_share(times, 0.5):.1f}", f"{p95:.1f}", f"{processor:.1f}",
            f"{weight / 1000:.1f}", style="" if is_light else "bold red",
        )  # fmt: skip
    console.print(table)
    console.print(f"goals: p95 {TIME_GOAL_MILLISECONDS} ms, {WEIGHT_GOAL_BYTES // 1000} kB")
    console.print(
        f"/imports/health shows the newest examination; its button looks at every row of users and "
        f"of their last backup, which took {examined_in:.1f} s"
    )
    return is_good


def _processor_seconds(site: Site, url: str) -> float:
    """Processor time that the site and its connections have used; 0 where the system tells none."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'courtside'"
        ).fetchall()
    ticks = 0
    for process_id in (site.process.pid, *(row[0] for row in rows)):
        try:
            said = Path(f"/proc/{process_id}/stat").read_text()
        except OSError:
            continue
        user, system = said.rpartition(")")[2].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def _times(site: Site, count: int) -> list[float]:
    """What the log says of the latest requests; the last line may be a moment late."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        times = [line["milliseconds"] for line in site.lines if line.get("event") == "request"]
        if len(times) >= count:
            return sorted(times)
        time.sleep(0.02)
    raise SystemExit("the site's log is silent")


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _import_under_load(
    console: Console, site: Site, url: str, today: datetime.date, feed: Path
) -> bool:
    """Let players answer while the operator imports on the site; whether nothing went wrong."""
    with psycopg.connect(url, row_factory=namedtuple_row, autocommit=True) as connection:
        players = connection.execute(SQL["players_with_a_coming_match"], {"today": today})
        chosen = players.fetchall()[:PLAYERS_AT_ONCE]
        row = connection.execute("SELECT user_id FROM operators").fetchone()
        assert row
        ended = threading.Event()
        failures: list[str] = []
        told: dict[tuple[int, int, datetime.date], tuple[int, int]] = {}
        site.lines.clear()

        def answer(player: Any) -> None:
            browser = Browser(site.port, player.user_id)
            version = player.version
            address = f"/availability/{player.team_id}/{player.day}/status"
            statuses = {"in": 1, "out": 2, "maybe": 3}
            word = "clear"
            while not ended.is_set():
                word = random.choice([other for other in statuses if other != word])
                try:
                    status, _, body = browser.ask(address, status=word, version=str(version))
                except OSError as error:
                    failures.append(f"{address}: {error}")
                    return
                if status == 303:
                    # The first answer may say what stood already: then no version was made.
                    version = _version(url, player) if version == player.version else version + 1
                    told[player.user_id, player.team_id, player.day] = (statuses[word], version)
                else:
                    failures.append(f"{address}: {status} {body[:80]}")
                    return
                ended.wait(_SECONDS_BETWEEN_ANSWERS)

        threads = [threading.Thread(target=answer, args=[player]) for player in chosen]
        for thread in threads:
            thread.start()
        time.sleep(1)
        started = time.perf_counter()
        outcome = _import(site, row.user_id, f"{feed.parent.name}/{feed.name}")
        seconds = time.perf_counter() - started
        ended.set()
        for thread in threads:
            thread.join()
        standing = {
            (row.user_id, row.team_id, row.day): (row.status, row.version)
            for row in connection.execute(
                SQL["standing"], {"users": [player.user_id for player in chosen]}
            )
        }
    lost = [slot for slot, said in told.items() if standing.get(slot) != said]
    answers = [
        line for line in site.lines
        if line.get("event") == "request" and line["route"].endswith("/status")
    ]  # fmt: skip
    times = [line["milliseconds"] for line in answers]
    console.print(
        f"{len(chosen)} players answered {len(answers):,} times while {feed.name} was imported in "
        f"{seconds:.1f} s: {outcome}; p50 {_share(times, 0.5):.0f} ms, "
        f"p95 {_share(times, 0.95):.0f} ms; {len(failures)} errors, {len(lost)} answers lost"
    )
    for failure in failures[:5]:
        console.print(failure, style="bold red", markup=False)
    return not failures and not lost and outcome == "done"


def _version(url: str, player: Any) -> int:
    with psycopg.connect(url, row_factory=namedtuple_row) as connection:
        rows = connection.execute(SQL["standing"], {"users": [player.user_id]}).fetchall()
    return next(
        row.version for row in rows if (row.team_id, row.day) == (player.team_id, player.day)
    )


def _import(site: Site, operator: int, scrape: str) -> str:
    """Plan and apply on the site, accepting what the plan refuses; returns the outcome."""
    browser = Browser(site.port, operator)
    status, address, body = browser.ask("/imports/plan", scrape=scrape)
    address = _wait(browser, status, address, body)
    plan = browser.ask(address)[2]
    form = {
        name: unescape(value)
        for name, value in re.findall(r'name="(accept-\d+|plan)" value="([^"]+)"', plan)
    }
    form |= {name.replace("accept", "reason"): "bench" for name in form if name != "plan"}
    status, address, body = browser.ask("/imports/apply", **form)
    run = browser.ask(_wait(browser, status, address, body))[2]
    found = re.search(r'<h1>Run \d+ <span class="badge[^"]*">([^<]+)<', run)
    return found[1] if found else "no run"


def _wait(browser: Browser, status: int, address: str, body: str) -> str:
    """Where the result is: pages of what is under way are asked again."""
    while (status == 303 and address == "/imports/now") or status == 200:
        time.sleep(0.5)
        status, address, body = browser.ask("/imports/now")
    if status != 303:
        raise SystemExit(f"the import went wrong: {status} {body[:2000]}")
    return address


if __name__ == "__main__":
    sys.exit(main())
