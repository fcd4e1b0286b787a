"""Windows of a real browser, at a phone's size unless said otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from cast import PASSWORD

PHONE = {"width": 390, "height": 844}


@contextmanager
def window(
    chromium: Any,
    base_url: str,
    *,
    email: str | None = None,
    scheme: str = "light",
    time_zone: str = "America/Chicago",
    width: int = 390,
    script: bool = True,
) -> Iterator[Any]:
    """A page of a browser of its own; with an email, signed in by the form.

    Afterwards it fails where the page's own script threw or the console shows an error.
    """
    context = chromium.new_context(
        base_url=base_url,
        viewport={"width": width, "height": PHONE["height"]},
        color_scheme=scheme,
        timezone_id=time_zone,
        java_script_enabled=script,
        has_touch=True,
        device_scale_factor=2 if os.environ.get("PICTURES") else 1,
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    try:
        if email:
            page.goto("/sign-in")
            page.get_by_label("Email").fill(email)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/availability*")
        yield page
    finally:
        context.close()
    # What the network did is what the test did to it; the browser tells of it on the console.
    own = [text for text in errors if "Failed to load resource" not in text]
    assert own == []


def violations(page: Any) -> list[str]:
    """What axe finds on the page, at levels A and AA of WCAG 2.2, and its best practices."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for rule in found
        for node in rule["nodes"]
    ]
