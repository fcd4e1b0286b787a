"""Randomness that needs no memory: a number that depends on its name and on nothing else."""

from __future__ import annotations

from binascii import b2a_base64
from hashlib import blake2b, shake_128

_LETTERS_ONLY = bytes.maketrans(b"+/", b"qQ")


def draw(name: str) -> int:
    """Return a number of 256 bits that ``name`` alone decides (put the seed into the name)."""
    return int.from_bytes(blake2b(name.encode(), digest_size=32).digest(), "big")


def draw_many(name: str, count: int) -> list[int]:
    """Return ``count`` numbers of 128 bits that ``name`` alone decides; the first of more are the
    same."""
    digest = shake_128(name.encode()).digest(16 * count)
    return [int.from_bytes(digest[start : start + 16], "big") for start in range(0, 16 * count, 16)]


def draw_with_token(name: str) -> tuple[int, str]:
    """Return a number of 96 bits and 16 letters and digits that ``name`` alone decides."""
    digest = blake2b(name.encode(), digest_size=24).digest()
    token = b2a_base64(digest[:12], newline=False).translate(_LETTERS_ONLY).decode()
    return int.from_bytes(digest[12:], "big"), token


def chosen(position: int, total: int, count: int) -> bool:
    """Say whether ``position`` is among ``count`` evenly spread ones of ``total``.

    Over ``range(total)`` exactly ``min(count, total)`` positions are.
    """
    return (position + 1) * count // total > position * count // total
