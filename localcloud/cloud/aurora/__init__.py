"""Amazon Aurora PostgreSQL: a DB cluster of the API is a real server, its readers real replicas."""
