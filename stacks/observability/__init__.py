"""Layer observability: Topics, routing rules, alarms and the dashboard."""
