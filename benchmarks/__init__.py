"""Measurements; `invoke bench NAME` runs one. Each prints what it measured against what."""
