"""The site's configuration, and the command that serves it."""

from __future__ import annotations

import datetime
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import msgspec
import pytest

from courtside.site import configuration
from courtside.site.configuration import Configuration
from seawall.errors import UsageError

REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_variable_overrules_the_file(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(
        'port = 9000\ntoday = 2024-09-20\ntrusted_proxies = ["10.0.0.1"]\npublic_url = "https://x.y"'
    )
    environment = {
        "COURTSIDE_CONFIG": str(file),
        "COURTSIDE_PORT": "9001",
        "COURTSIDE_HOST": "",
        "COURTSIDE_TRUSTED_PROXIES": "10.0.0.2, 10.0.0.3",
        "HOME": "/",
    }
    assert configuration.load(environment) == Configuration(
        port=9001,
        today=datetime.date(2024, 9, 20),
        trusted_proxies=("10.0.0.2", "10.0.0.3"),
        public_url="https://x.y",
    )
    assert configuration.load({}) == Configuration()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("TODAY", "24.9.2024"),
        ("TIME_ZONE", "Chicago"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("PUBLIC_URL", "league.example"),
        ("PUBLIC_URL", "https://league.example/below"),
        ("SESSION_DAYS", "0"),
        ("CONFIG", "/no/such/file.toml"),
    ],
)
def test_what_cannot_be_used_is_said(name: str, value: str) -> None:
    with pytest.raises(UsageError, match="configuration cannot be used"):
        configuration.load({f"COURTSIDE_{name}": value})


def test_an_unknown_key_of_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text("prot = 80")
    with pytest.raises(UsageError, match="prot"):
        configuration.load({"COURTSIDE_CONFIG": str(file)})


def test_every_setting_is_documented_with_its_default() -> None:
    text = (REPOSITORY / "docs" / "deploy.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `COURTSIDE_(\w+)` \| ([^|]+) \|", text, re.MULTILINE)
    said = {}
    for field in msgspec.structs.fields(Configuration):
        default = field.default
        said[field.name] = "none" if default in (None, "", ()) else f"`{default}`"
    assert {name: default.strip() for name, variable, default in rows} == said
    assert all(variable == name.upper() for name, variable, _ in rows)


def test_serve_answers_and_ends_cleanly(site_url: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [Path(sys.executable).with_name("courtside"), "serve", "--database", site_url],
        env={**os.environ, "COURTSIDE_PORT": str(port)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        base = f"http://127.0.0.1:{port}"
        assert f"courtside listens on {base}" in process.stderr.readline()
        while True:
            try:
                with urllib.request.urlopen(f"{base}/health", timeout=30) as response:
                    assert response.status == 200
                    break
            except urllib.error.URLError:
                assert process.poll() is None
        with urllib.request.urlopen(f"{base}/sign-in", timeout=30) as response:
            assert "server" not in response.headers
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in errors
    assert '"route": "/sign-in"' in errors


def test_the_engines_start_does_not_wait_for_the_site() -> None:
    """Nobody who imports a feed loads the packages of the pages."""
    code = (
        "import sys, courtside.cli, seawall.cli;"
        "print(*{'fastapi', 'starlette', 'jinja2', 'argon2', 'uvicorn', 'structlog', 'limits'}"
        " & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
