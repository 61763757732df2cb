"""Where this checkout is, and what belongs to it."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LAPTOP_CLOUD = REPOSITORY / ".laptop-cloud"
"""The folder that holds everything of the laptop cloud."""
