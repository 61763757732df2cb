"""`invoke preview-all` and `invoke preview LAYER…`: what a deployment would do."""

from deploy.commands.options import Options
from deploy.commands.warm import warm_programs


def preview(options: Options) -> int:
    """Show what deploying the selected layers would do, and return the exit status.

    Layers that are not deployed yet are stood in for by the placeholders of their contracts.
    Raises UsageError for an unknown layer or environment, and for configuration or contracts that
    cannot be used.
    """
    with warm_programs(options) as launcher:
        from deploy.commands.deployment import Deployment
        from deploy.commands.session import in_environment, understood

        request = understood(options)
        return in_environment(request, lambda opened: Deployment(opened).preview(), launcher)
