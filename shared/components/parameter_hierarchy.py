"""Parameters that one layer owns in the Parameter Store."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.context import Context


@dataclass(frozen=True)
class ParameterHierarchyConfig:
    """A hierarchy, and the values under it. Nothing secret: those are in Secrets Manager."""

    hierarchy: str
    values: Mapping[str, pulumi.Input[str]]


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
        for key, value in config.values.items():
            name = context.parameter(config.hierarchy, key)
            aws.ssm.Parameter(
                name,
                name=name,
                type="String",
                value=value,
                tags=context.tags(name),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
