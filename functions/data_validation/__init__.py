"""Compares two PostgreSQL databases by content, exactly, in bounded steps that can be resumed."""
