"""The payments database that the migration moves: its schema, its roles and its data."""

from localcloud.seed.data import SeedSummary, seed_payments
from localcloud.seed.schema import OWNER_ROLE, SCHEMA, WRITER_ROLE, apply_schema

__all__ = ["OWNER_ROLE", "SCHEMA", "WRITER_ROLE", "SeedSummary", "apply_schema", "seed_payments"]
