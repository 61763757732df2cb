"""The observability layer: topics, the rules that route events to them, alarms, the dashboard."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the checkout: shared, stacks

from shared import references
from shared.components.account import Account
from shared.components.parameter_hierarchy import ParameterHierarchy, ParameterHierarchyConfig
from shared.context import Context
from shared.contracts import DataOutputs, EdgeOutputs, MigrationOutputs, ObservabilityOutputs
from stacks.observability.alarms import Alarms, alarms
from stacks.observability.dashboard import Dashboard, panels
from stacks.observability.event_routes import EventRouting, event_routes, rules_by_subject
from stacks.observability.log_metrics import LogMetrics, LogMetricsConfig
from stacks.observability.settings import ObservabilitySettings
from stacks.observability.topics import Subject, Topics, TopicsConfig

context = Context.current()
account = Account.current()
settings = ObservabilitySettings.read()
data = references.require(DataOutputs)
migration = references.require(MigrationOutputs)
edge = references.require(EdgeOutputs)

routes = event_routes(data, migration)
topics = Topics(context, account, TopicsConfig(rules_by_subject(context, routes)))
EventRouting(context, topics, routes)
LogMetrics(context, LogMetricsConfig(edge.payments_log_group_name))
error_alerts = topics.arn(Subject.ERROR_ALERTS)
Alarms(context, error_alerts, alarms(context, settings, data, migration, edge))
dashboard = Dashboard(context, account.region, panels(context, data, migration, edge))
ParameterHierarchy(context, ParameterHierarchyConfig("monitoring", topics.parameters()))

references.export(
    ObservabilityOutputs(
        migration_status_topic_arn=topics.arn(Subject.MIGRATION_STATUS),
        error_alerts_topic_arn=error_alerts,
        validation_alerts_topic_arn=topics.arn(Subject.VALIDATION_ALERTS),
        rollback_alerts_topic_arn=topics.arn(Subject.ROLLBACK_ALERTS),
        dashboard_name=dashboard.name,
    )
)
