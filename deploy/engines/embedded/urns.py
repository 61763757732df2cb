"""Uniform resource names: `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`.

Grammar: Pulumi documentation, "Resource names" (URNs).
"""

STACK_TYPE = "pulumi:pulumi:Stack"
STACK_REFERENCE_TYPE = "pulumi:pulumi:StackReference"
PROVIDER_TYPE_PREFIX = "pulumi:providers:"


def make(stack: str, project: str, parent: str, resource_type: str, name: str) -> str:
    """Return the URN of a resource; `parent` is a URN, or empty for a resource without one."""
    return f"urn:pulumi:{stack}::{project}::{_qualified(parent, resource_type)}::{name}"


def _qualified(parent: str, resource_type: str) -> str:
    parent_types = parent.split("::")[2] if parent else ""
    if parent_types in ("", STACK_TYPE):
        return resource_type
    return f"{parent_types}${resource_type}"


def resource_type(urn: str) -> str:
    """Return the type of the resource itself, without those of its parents."""
    return urn.split("::")[2].rsplit("$", 1)[-1] if urn else ""


def name(urn: str) -> str:
    """Return the name that the program gave to the resource."""
    return urn.split("::", 3)[3] if urn else ""


def package(token: str) -> str:
    """Return the package of a resource type or of a function: `aws` of `aws:sns/topic:Topic`.

    The resource that stands for a provider itself belongs to the package that it configures.
    """
    if token.startswith(PROVIDER_TYPE_PREFIX):
        return token.removeprefix(PROVIDER_TYPE_PREFIX)
    return token.split(":", 1)[0]


def provider_urn(reference: str) -> str:
    """Return the URN in a reference to a provider, which is `<urn>::<id>`; empty for none."""
    return reference.rsplit("::", 1)[0] if reference else ""
