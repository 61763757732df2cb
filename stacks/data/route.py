"""The route: which of the two clusters takes the traffic."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.context import Context


@dataclass(frozen=True, kw_only=True)
class RouteConfig:
    """The route that a new environment starts with. The epoch grows with every change."""

    active: str = "source"
    epoch: int = 1


class Route(pulumi.ComponentResource):
    """The route parameter. This layer creates it; from then on only the workflows change it.

    Its value is ignored afterwards: deploying the layer again after a cutover must not send the
    traffic back to the source.
    """

    parameter_name: pulumi.Output[str]
    parameter_arn: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        config: RouteConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.parameter("database", "route")
        super().__init__("payments:data:Route", name, None, opts)
        parameter = aws.ssm.Parameter(
            name,
            name=name,
            description="Which cluster takes the traffic; changed by the workflows only",
            type="String",
            value=json.dumps({"active": config.active, "epoch": config.epoch}),
            tags=context.tags(name),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["value"]),
        )
        self.parameter_name = parameter.name
        self.parameter_arn = parameter.arn
        self.register_outputs({"parameter_name": self.parameter_name})
