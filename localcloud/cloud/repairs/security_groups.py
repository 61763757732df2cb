"""Security groups: descriptions of rules that refer to another group.

Source: SecurityGroupRule, Amazon EC2 API Reference: every rule has a description, whatever its
source. moto keeps it for address ranges and loses it for groups. ModifySecurityGroupRules also
changes the group that a rule refers to, and needs no ports when the protocol is -1.
"""

from collections.abc import Callable
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupRule

from localcloud.cloud.patching import wrap, wrap_property
from localcloud.cloud.repairs.patches import once


@once
def install() -> None:
    """Repair moto's security group rules."""
    wrap_property(SecurityGroupRule, "description", _description)
    wrap(EC2Backend, "modify_security_group_rules", _modify)


def _description(
    stock: Callable[[SecurityGroupRule], str | None], rule: SecurityGroupRule
) -> str | None:
    return stock(rule) or rule.source_group.get("Description")


def _modify(
    stock: Callable[..., Any], backend: EC2Backend, group_id: str, rules: dict[str, Any]
) -> Any:
    for wanted in rules.values():
        if wanted.get("IpProtocol") == "-1":  # all protocols have no ports; EC2 shows -1 for both
            wanted.setdefault("FromPort", -1)
            wanted.setdefault("ToPort", -1)
    answer = stock(backend, group_id, rules)
    group = backend.get_security_group_from_id(group_id)
    for identifier, wanted in rules.items():
        rule = group.get_rule(identifier) if group is not None else None
        if rule is not None and rule.source_group:
            _modify_group_source(rule, wanted)
    return answer


def _modify_group_source(rule: SecurityGroupRule, wanted: dict[str, Any]) -> None:
    rule.ip_range.pop("Description", None)  # moto puts the description there for every rule
    if wanted.get("ReferencedGroupId") is not None:
        rule.source_group["GroupId"] = wanted["ReferencedGroupId"]
    if wanted.get("Description") is not None:
        rule.source_group["Description"] = wanted["Description"]
