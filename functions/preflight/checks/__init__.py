"""The checks, one module a subject; each has its CHECKS."""
