"""Makes a picture of a command's real output: COMMAND | python docs/picture.py TITLE FILE.svg

FORCE_COLOR=1 makes the product colour what goes into a pipe.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 112


def main(title: str, path: str) -> None:
    """Read ANSI text from standard input and write it as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(sys.stdin.read()))
    picture = console.export_svg(title=title)
    # Whoever looks at a picture need not be known to a font's server.
    Path(path).write_text(re.sub(r"@font-face\s*\{[^}]*\}", "", picture), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
