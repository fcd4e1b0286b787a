"""Feeds: what a source says now, as a stream of rows."""
