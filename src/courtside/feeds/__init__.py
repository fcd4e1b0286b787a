"""The leagues' scraped feeds; the manifest names ``courtside.feeds.feed_reader``."""

from courtside.feeds.feed_reader import CourtsideReader, reader

__all__ = ["CourtsideReader", "reader"]
