"""Parameters that one layer owns in the Parameter Store."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from shared.context import Context


@dataclass(frozen=True)
class ParameterHierarchyConfig:
    """A hierarchy, and the values under it. Nothing secret: those are in Secrets Manager.

    `flags` begin with their values and are changed by workflows and operators from then on:
    deploying the layer again leaves them as they are.
    """

    hierarchy: str
    values: Mapping[str, pulumi.Input[str]]
    flags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


class ParameterHierarchy(pulumi.ComponentResource):
    """One parameter for each key, under ``/payments/<environment>/<hierarchy>/``."""

    def __init__(
        self,
        context: Context,
        config: ParameterHierarchyConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        component_name = context.name("parameters", config.hierarchy)
        super().__init__("payments:shared:ParameterHierarchy", component_name, None, opts)
        owned = pulumi.ResourceOptions(parent=self)
        shared = pulumi.ResourceOptions(parent=self, ignore_changes=["value"])
        for values, options in ((config.values, owned), (config.flags, shared)):
            for key, value in values.items():
                name = context.parameter(config.hierarchy, key)
                aws.ssm.Parameter(
                    name,
                    name=name,
                    type="String",
                    value=value,
                    tags=context.tags(name),
                    opts=options,
                )
        self.register_outputs({})
