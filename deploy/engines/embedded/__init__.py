"""The embedded engine: deploys Pulumi programs without Pulumi's command line tool.

It runs a program in a process of its own, serves Pulumi's gRPC protocol to it, and drives gRPC
resource providers. Its state files are those of the CLI's file backend. For the laptop cloud only:
it keeps no history, reports drift but does not take it over, and has no targets or policies.

Where to look: `engine` is what the orchestrator holds; its `stack` sets up a `deployment` and runs
it; `program_run` starts the program and its services `monitor` and `engine_service`;
`registration` takes one resource from request to state, with `planning` deciding; `deletes` and
`replacements` take resources away; `recovery` finishes what a killed run began; `drift` holds the
cloud against the state; `ledger`, `state` and `backend` keep the state; `providers` and
`provider_registry` speak to the cloud. Program processes come from `deploy.programs`.
"""

from deploy.engines.embedded.engine import EmbeddedEngine
from deploy.engines.embedded.errors import (
    ConfigError,
    LockedError,
    PassphraseError,
    StateError,
)
from deploy.engines.embedded.stack import EmbeddedStack
from deploy.engines.embedded.view import ResourceView, StackState

__all__ = [
    "ConfigError",
    "EmbeddedEngine",
    "EmbeddedStack",
    "LockedError",
    "PassphraseError",
    "ResourceView",
    "StackState",
    "StateError",
]
