"""The layer and environment that a stack program runs as, and the names that follow from them."""

from dataclasses import dataclass

import pulumi

from shared import naming, references, tags


@dataclass(frozen=True)
class Context:
    """Identity of the running program. Components take it instead of asking Pulumi again."""

    layer: str
    environment: str

    @classmethod
    def current(cls) -> "Context":
        """Return the context of the Pulumi program that is running.

        Every program asks for it before anything else, so a run that may not be is refused here.
        Raises pulumi.RunError when placeholders are asked for by anything but a preview.
        """
        references.layers_on_placeholders()
        return cls(layer=pulumi.get_project(), environment=pulumi.get_stack())

    def name(self, resource_type: str, purpose: str) -> str:
        """Return ``{resource-type}-{purpose}-{environmentSuffix}``."""
        return naming.resource_name(resource_type, purpose, self.environment)

    def parameter(self, hierarchy: str, key: str) -> str:
        """Return the Parameter Store name of ``key`` in one of this environment's hierarchies."""
        return naming.parameter_name(self.environment, hierarchy, key)

    def tags(self, name: str) -> dict[str, str]:
        """Return the tags of the resource with this name."""
        return tags.resource_tags(name, self.layer, self.environment)
