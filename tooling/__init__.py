"""Tools of the repository itself: checks, tests, benchmarks and pinned versions."""
