"""What somebody typed into a search field, as patterns for LIKE."""

from __future__ import annotations


def patterns(text: str) -> list[str]:
    """A pattern for each word: it finds the word anywhere, with its own ``%`` and ``_``.

    The statement brings both sides to lower case: only the database knows its own.
    """
    return [
        "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        for word in text.split()
    ]
