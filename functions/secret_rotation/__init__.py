"""Rotates the databases' credentials: Secrets Manager's four steps, each of them repeatable."""
