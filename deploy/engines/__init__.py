"""Engines that run one layer: the embedded one, and later the Pulumi CLI."""
