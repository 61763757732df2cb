"""`invoke deploy-all` and `invoke deploy LAYER…`."""

from deploy.commands.options import Options
from deploy.commands.warm import warm_programs


def deploy(options: Options) -> int:
    """Deploy the selected layers and return the exit status.

    Raises UsageError for an unknown layer or environment, for configuration or contracts that
    cannot be used, and for a layer whose upstream layers are neither deployed nor selected.
    """
    with warm_programs(options) as launcher:
        # Importing the rest takes as long as the launcher's process needs to warm up.
        from deploy.commands.deployment import Deployment
        from deploy.commands.session import in_environment, understood

        request = understood(options)
        return in_environment(request, lambda opened: Deployment(opened).run(), launcher)
