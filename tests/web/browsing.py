"""Windows of a real browser, at a phone's size unless said otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from cast import PASSWORD, csrf_token

PHONE = {"width": 390, "height": 844}
SCHEMES = ("light", "dark")
AXE = Axe().axe_script


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
    """A page of a browser of its own; with an email, signed in and at its matches.

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
            sign_in(context, email)
            page.goto("/availability")
        yield page
    finally:
        context.close()
    # What the network did is what the test did to it; the browser tells of it on the console.
    own = [text for text in errors if "Failed to load resource" not in text]
    assert own == []


def sign_in(context: Any, email: str) -> None:
    """Send the form of signing in as its page has it, without showing either.

    Taps on that form are a test of test_browser_accounts.
    """
    token = csrf_token(context.request.get("/sign-in").text())
    form = {"csrf_token": token, "email": email, "password": PASSWORD}
    answer = context.request.post("/sign-in", form=form, max_redirects=0)
    assert answer.status == 303, answer.text()


def in_both_schemes(page: Any) -> Iterator[str]:
    """Show the page as it is light, then dark; without transitions, so at once and altogether."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        yield scheme


def at_widths(page: Any, *widths: int) -> Iterator[int]:
    """Make the window as wide as this, one width after the other; the page is to be loaded anew."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": PHONE["height"]})
        yield width


def violations(page: Any) -> list[str]:
    """What axe finds on the page, at levels A and AA of WCAG 2.2, and its best practices."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then(said => said.violations)")
    return [
        f"{rule['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for rule in found
        for node in rule["nodes"]
    ]
