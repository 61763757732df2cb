"""The API's stage: what is deployed, how much of it at once, and what is written down."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.log_group import encrypted_log_group
from shared.context import Context
from shared.contracts import DataOutputs
from stacks.edge.api_gateway_account import ApiGatewayAccount
from stacks.edge.payments_api import PaymentsApi
from stacks.edge.settings import EdgeSettings

# API Gateway Developer Guide, "Variables for access logging for API Gateway".
_ACCESS_LOG_FORMAT = json.dumps(
    {
        "request_id": "$context.requestId",
        "time": "$context.requestTime",
        "source_ip": "$context.identity.sourceIp",
        "principal": "$context.authorizer.principalId",
        "method": "$context.httpMethod",
        "resource": "$context.resourcePath",
        "status": "$context.status",
        "latency_ms": "$context.responseLatency",
        "integration_latency_ms": "$context.integrationLatency",
        "integration_error": "$context.integrationErrorMessage",
        "trace_id": "$context.xrayTraceId",
    }
)
_ALL_METHODS = "*/*"


@dataclass(frozen=True, kw_only=True)
class ApiStageConfig:
    """The stage's name, its limits (requests a second, requests at once) and its access log.

    API Gateway refuses a stage with an access log before `logs` is in place.
    """

    stage_name: str
    throttling_rate: int
    throttling_burst: int
    key_arn: pulumi.Input[str]
    log_retention_days: int
    logs: ApiGatewayAccount


class ApiStage(pulumi.ComponentResource):
    """A stage that is throttled, traced and logged, and serves the API as defined now."""

    invoke_url: pulumi.Output[str]
    stage_name: pulumi.Output[str]
    access_log_group_name: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        payments_api: PaymentsApi,
        config: ApiStageConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("stage", config.stage_name)
        super().__init__("payments:edge:ApiStage", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        api_id = payments_api.api.id
        log_group = encrypted_log_group(
            context,
            f"/aws/apigateway/{context.name('access-log', 'payments')}",
            key_arn=config.key_arn,
            retention_days=config.log_retention_days,
            parent=self,
        )
        deployment = aws.apigateway.Deployment(
            context.name("deployment", config.stage_name),
            rest_api=api_id,
            triggers={"definition": payments_api.definition},
            opts=pulumi.ResourceOptions(parent=self, depends_on=payments_api.parts),
        )
        stage = aws.apigateway.Stage(
            name,
            rest_api=api_id,
            deployment=deployment.id,
            stage_name=config.stage_name,
            xray_tracing_enabled=True,
            access_log_settings={"destination_arn": log_group.arn, "format": _ACCESS_LOG_FORMAT},
            tags=context.tags(name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[config.logs]),
        )
        aws.apigateway.MethodSettings(
            context.name("method-settings", config.stage_name),
            rest_api=api_id,
            stage_name=stage.stage_name,
            method_path=_ALL_METHODS,
            settings={
                "metrics_enabled": True,
                "throttling_rate_limit": config.throttling_rate,
                "throttling_burst_limit": config.throttling_burst,
                # Execution logs repeat requests and would go to a log group without our key.
                "logging_level": "OFF",
                "data_trace_enabled": False,
            },
            opts=child,
        )
        self.invoke_url = stage.invoke_url
        self.stage_name = stage.stage_name
        self.access_log_group_name = log_group.name
        self.register_outputs({"invoke_url": self.invoke_url})


def stage_config(
    settings: EdgeSettings, data: DataOutputs, logs: ApiGatewayAccount
) -> ApiStageConfig:
    """Return the stage that the environment's settings ask for."""
    return ApiStageConfig(
        stage_name=settings.stage_name,
        throttling_rate=settings.throttling_rate,
        throttling_burst=settings.throttling_burst,
        key_arn=data.kms_key_arn,
        log_retention_days=settings.log_retention_days,
        logs=logs,
    )
