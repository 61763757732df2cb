"""The Lambda functions, shipped alone: nothing here imports Pulumi, shared or the orchestrator."""
