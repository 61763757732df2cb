"""Amazon EventBridge: rules reach the targets that moto lacks, and services emit their events."""
