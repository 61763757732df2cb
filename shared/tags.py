"""Tags that every resource carries."""

from shared.naming import PRODUCT


def resource_tags(name: str, layer: str, environment: str) -> dict[str, str]:
    """Return the tags of a resource; ``Name`` is what AWS's consoles show."""
    return {
        "Name": name,
        "Project": f"{PRODUCT}-migration",
        "Environment": environment,
        "Layer": layer,
        "ManagedBy": "pulumi",
    }
