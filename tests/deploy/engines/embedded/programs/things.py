"""The SDK of the tests' cloud, for scenario programs: one resource type, one provider, one call."""

from typing import Any

import pulumi


class Thing(pulumi.CustomResource):
    """A thing. `name` and `zone` cannot be changed in place; anything else can."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    secretnote: pulumi.Output[str]

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any
    ) -> None:
        computed = {"arn": None, "name": None, "password": None, "region": None}
        super().__init__("test:index:Thing", resource_name, {**computed, **inputs}, opts)


class Provider(pulumi.ProviderResource):
    """An explicit provider of things for one region."""

    def __init__(self, resource_name: str, region: pulumi.Input[str]) -> None:
        super().__init__("test", resource_name, {"region": region})


def count_things() -> int:
    """Return how many things there are."""
    result = pulumi.runtime.invoke("test:index:countThings", {}).value
    return int(result["count"])
