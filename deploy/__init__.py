"""The orchestrator: orders the layers, runs them on an engine, reports."""
