"""The two real clusters and pairs of databases that data validation's tests have."""

from tests.functions.conftest import clusters
from tests.functions.data_validation.conftest import databases

__all__ = ["clusters", "databases"]
