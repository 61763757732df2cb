"""The URNs under which a resource may have been known before.

Source: Pulumi documentation, "Resource option: aliases"; children inherit their parent's aliases
as in pulumi/pulumi, pkg/resource/deploy/step_generator.go (inheritedChildAlias).
"""

from collections.abc import Mapping
from typing import Any

from deploy.engines.embedded import urns


def alias_urns(
    request: Any, urn: str, project: str, stack: str, aliased: Mapping[str, str]
) -> list[str]:
    """Return the old URNs to look for, in order, for a RegisterResourceRequest.

    `aliased` maps the URNs of this run that took over an old resource to its old URN.
    """
    found = list(request.aliasURNs)
    for alias in request.aliases:
        if alias.WhichOneof("alias") == "urn":
            found.append(alias.urn)
        else:
            found += _from_spec(request, alias.spec, project, stack, aliased)
    if request.parent in aliased:
        old_parent = aliased[request.parent]
        name = _inherited_name(request.name, urns.name(request.parent), urns.name(old_parent))
        old_stack, old_project = old_parent.removeprefix("urn:pulumi:").split("::")[:2]
        found.append(urns.make(old_stack, old_project, old_parent, request.type, name))
    return [each for each in dict.fromkeys(found) if each != urn]


def _from_spec(
    request: Any, spec: Any, project: str, stack: str, aliased: Mapping[str, str]
) -> list[str]:
    if spec.noParent:
        parents = [""]
    elif spec.parentUrn:
        parents = [spec.parentUrn]
    else:
        parents = [request.parent, aliased.get(request.parent, "")]
    return [
        urns.make(
            spec.stack or stack,
            spec.project or project,
            parent,
            spec.type or request.type,
            spec.name or request.name,
        )
        for parent in dict.fromkeys(parents)
        if parent or spec.noParent or not request.parent
    ]


def _inherited_name(name: str, parent: str, old_parent: str) -> str:
    """Return a child's old name: by convention it began with the parent's name."""
    return old_parent + name.removeprefix(parent) if name.startswith(parent) else name
