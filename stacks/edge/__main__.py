"""The edge layer: the payments API and the functions behind it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the checkout: shared, stacks

from shared import references
from shared.components.account import Account
from shared.components.credentials import secret_arn
from shared.components.function import Function
from shared.components.parameter_hierarchy import ParameterHierarchy, ParameterHierarchyConfig
from shared.context import Context
from shared.contracts import DataOutputs, EdgeOutputs, NetworkOutputs
from shared.existing_secrets import Secrets
from stacks.edge.api_gateway_account import ApiGatewayAccount, ApiGatewayAccountConfig
from stacks.edge.api_stage import ApiStage, stage_config
from stacks.edge.lambda_functions import authorizer_config, payments_config
from stacks.edge.payments_api import PaymentsApi, PaymentsApiConfig
from stacks.edge.settings import EdgeSettings

context = Context.current()
account = Account.current()
settings = EdgeSettings.read()
network = references.require(NetworkOutputs)
data = references.require(DataOutputs)
jwt_secret_arn = secret_arn(context, Secrets.JWT_KEY.value)

payments = Function(context, account, payments_config(settings, network, data))
authorizer = Function(context, account, authorizer_config(settings, data, jwt_secret_arn))
cache_seconds = settings.authorizer_cache_seconds
api_config = PaymentsApiConfig(payments, authorizer, settings.stage_name, cache_seconds)
api = PaymentsApi(context, api_config)
logs = ApiGatewayAccount(context, ApiGatewayAccountConfig(settings.manage_api_gateway_account))
stage = ApiStage(context, api, stage_config(settings, data, logs))
ParameterHierarchy(context, ParameterHierarchyConfig("api", {"url": stage.invoke_url}))

references.export(
    EdgeOutputs(
        api_url=stage.invoke_url,
        api_name=api.api.name,
        api_id=api.api.id,
        stage_name=stage.stage_name,
        payments_function_name=payments.name,
        authorizer_function_name=authorizer.name,
        access_log_group_name=stage.access_log_group_name,
        payments_log_group_name=payments.log_group_name,
        jwt_secret_arn=jwt_secret_arn,
    )
)
