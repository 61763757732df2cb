"""Security groups, and their rules as resources of their own."""

from collections.abc import Mapping
from typing import Any

from localcloud.provider import rules
from localcloud.provider.comparison import same
from localcloud.provider.definition import Call, Create, Read, ResourceType, Update
from localcloud.provider.expressions import ID, Added, Answer, Computed, Given, Removed
from localcloud.provider.scope import Scope
from localcloud.provider.services.ec2_common import TAGGING, arn

_RULE_PROPERTIES = (
    "ipProtocol",
    "fromPort",
    "toPort",
    "cidrIpv4",
    "referencedSecurityGroupId",
    "prefixListId",
    "description",
)

_SOURCES = {
    "cidrIpv4": ("IpRanges", "CidrIp"),
    "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "prefixListId": ("PrefixListIds", "PrefixListId"),
}


def _inline_permission(scope: Scope) -> dict[str, Any]:
    """Return an element of ``ingress`` or ``egress`` as EC2's IpPermission."""
    rule: Mapping[str, Any] = scope.item
    description = {"Description": rule["description"]} if rule.get("description") else {}
    groups = [
        *(rule.get("securityGroups") or []),
        *([ID.resolve(scope)] if rule.get("self") else []),
    ]
    return {
        "IpProtocol": rule["protocol"],
        "FromPort": rule["fromPort"],
        "ToPort": rule["toPort"],
        "IpRanges": [{"CidrIp": cidr, **description} for cidr in rule.get("cidrBlocks") or []],
        "UserIdGroupPairs": [{"GroupId": group, **description} for group in groups],
        "PrefixListIds": [
            {"PrefixListId": prefix, **description} for prefix in rule.get("prefixListIds") or []
        ],
    }


def _rule_permission(scope: Scope) -> dict[str, Any]:
    """Return a rule resource's inputs as EC2's IpPermission, with a single source."""
    inputs = scope.inputs
    description = {"Description": inputs["description"]} if inputs.get("description") else {}
    permission = {
        "IpProtocol": inputs["ipProtocol"],
        "FromPort": inputs.get("fromPort"),
        "ToPort": inputs.get("toPort"),
    }
    for name, (member, key) in _SOURCES.items():
        if inputs.get(name) is not None:
            permission[member] = [{key: inputs[name], **description}]
    return {member: value for member, value in permission.items() if value is not None}


def _inline_rules(direction: str) -> tuple[Update, Update]:
    """Return the calls that take away and add inline rules of one direction."""
    calls = (
        ("RevokeSecurityGroup", Removed(direction)),
        ("AuthorizeSecurityGroup", Added(direction)),
    )
    revoke, authorize = (
        Update(
            operation=f"{operation}{direction.title()}",
            properties=(direction,),
            arguments={"GroupId": ID, "IpPermissions": [Computed(_inline_permission)]},
            for_each=elements,
        )
        for operation, elements in calls
    )
    return revoke, authorize


def _single_sources(permissions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return EC2's permissions with one source each: EC2 joins those with the same ports."""
    return [
        {
            "IpProtocol": permission["IpProtocol"],
            "FromPort": permission.get("FromPort") or 0,
            "ToPort": permission.get("ToPort") or 0,
            "Source": source[key],
        }
        for permission in permissions
        for member, key in _SOURCES.values()
        for source in permission.get(member) or []
    ]


def _live_rules(direction: str, member: str) -> Computed:
    """Return the inline rules that a group has: the program's own when they mean the same."""

    def read(scope: Scope) -> list[dict[str, Any]]:
        wanted = scope.inputs.get(direction) or []
        permissions = scope.live.get(member) or []
        asked = [_inline_permission(scope.having(item=rule)) for rule in wanted]
        if same(_single_sources(asked), _single_sources(permissions)):
            return list(wanted)
        return [
            {
                "protocol": permission["IpProtocol"],
                "fromPort": permission.get("FromPort") or 0,
                "toPort": permission.get("ToPort") or 0,
                "cidrBlocks": [source["CidrIp"] for source in permission.get("IpRanges") or []],
                "securityGroups": [
                    source["GroupId"] for source in permission.get("UserIdGroupPairs") or []
                ],
                "prefixListIds": [
                    source["PrefixListId"] for source in permission.get("PrefixListIds") or []
                ],
            }
            for permission in permissions
        ]

    return Computed(read)


def _inline_faults(inputs: Mapping[str, Any]) -> list[rules.Fault]:
    return [
        (direction, reason)
        for direction in ("ingress", "egress")
        if isinstance(inputs.get(direction), list)
        for rule in inputs[direction]
        if isinstance(rule, dict) and isinstance(rule.get("cidrBlocks"), list)
        for block in rule["cidrBlocks"]
        for _, reason in rules.cidr("cidr")({"cidr": block})
    ]


SECURITY_GROUP = ResourceType(
    pulumi_type="aws:ec2/securityGroup:SecurityGroup",
    service="ec2",
    create=Create(operation="CreateSecurityGroup"),
    identifier=Answer("GroupId"),
    read=(
        Read(
            operation="DescribeSecurityGroups",
            arguments={"GroupIds": [ID]},
            path="SecurityGroups[0]",
        ),
    ),
    delete=(Call(operation="DeleteSecurityGroup", arguments={"GroupId": ID}),),
    # AWS starts a group with a rule that lets everything out; like Terraform, this provider
    # removes it, so that a program states all that is allowed.
    after_create=(
        Call(
            operation="RevokeSecurityGroupEgress",
            arguments={
                "GroupId": ID,
                "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
            },
        ),
    ),
    updates=(*_inline_rules("ingress"), *_inline_rules("egress")),
    renames={"name": "GroupName"},
    outputs={
        "arn": arn("security-group"),
        "ingress": _live_rules("ingress", "IpPermissions"),
        "egress": _live_rules("egress", "IpPermissionsEgress"),
    },
    name_property="name",
    defaults={"description": "Managed by Pulumi"},
    tagging=TAGGING,
    tag_specification="security-group",
    rules=(
        _inline_faults,
        rules.text("name", lambda name: not name.startswith("sg-"), "a name that AWS allows"),
    ),
)


_MODIFY_RULE = Update(
    operation="ModifySecurityGroupRules",
    properties=_RULE_PROPERTIES,
    arguments={
        "GroupId": Given("securityGroupId"),
        "SecurityGroupRules": [
            {
                "SecurityGroupRuleId": ID,
                "SecurityGroupRule": {
                    "IpProtocol": Given("ipProtocol"),
                    "FromPort": Given("fromPort"),
                    "ToPort": Given("toPort"),
                    "CidrIpv4": Given("cidrIpv4"),
                    "ReferencedGroupId": Given("referencedSecurityGroupId"),
                    "PrefixListId": Given("prefixListId"),
                    "Description": Given("description"),
                },
            }
        ],
    },
)


def _rule_type(direction: str) -> ResourceType:
    """Return the type of a rule resource: direction ``Ingress`` or ``Egress``."""
    return ResourceType(
        pulumi_type=f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        service="ec2",
        create=Create(
            operation=f"AuthorizeSecurityGroup{direction}",
            sends="nothing",
            arguments={
                "GroupId": Given("securityGroupId"),
                "IpPermissions": [Computed(_rule_permission, inputs=_RULE_PROPERTIES)],
            },
        ),
        identifier=Answer("SecurityGroupRules[0].SecurityGroupRuleId"),
        read=(
            Read(
                operation="DescribeSecurityGroupRules",
                arguments={"SecurityGroupRuleIds": [ID]},
                path="SecurityGroupRules[0]",
            ),
        ),
        delete=(
            Call(
                operation=f"RevokeSecurityGroup{direction}",
                arguments={"GroupId": Given("securityGroupId"), "SecurityGroupRuleIds": [ID]},
            ),
        ),
        updates=(_MODIFY_RULE,),
        outputs={
            "arn": arn("security-group-rule"),
            "securityGroupId": "GroupId",
            "referencedSecurityGroupId": "ReferencedGroupInfo.GroupId",
        },
        tagging=TAGGING,
        tag_specification="security-group-rule",
        rules=(
            rules.cidr("cidrIpv4"),
            rules.port("fromPort", "toPort", lowest=-1),
            rules.one_of("cidrIpv4", "referencedSecurityGroupId", "prefixListId"),
        ),
    )


INGRESS_RULE = _rule_type("Ingress")
EGRESS_RULE = _rule_type("Egress")

TYPES = (SECURITY_GROUP, INGRESS_RULE, EGRESS_RULE)
