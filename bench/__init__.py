"""Measures reloads against peers, in one run on one machine: read the ratios, not the seconds."""
