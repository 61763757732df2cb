"""Layer migration: Replication, its workflow and the buckets that a rollback needs."""
