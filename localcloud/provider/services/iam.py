"""IAM roles and policies."""

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Tagging, Update
from localcloud.provider.expressions import (
    ID,
    Added,
    Answer,
    Given,
    Item,
    Live,
    Removed,
    Text,
)
from localcloud.provider.scope import Scope
from localcloud.provider.session import Session

ROLE_TAGGING = Tagging(
    resource_argument="RoleName",
    tag_operation="TagRole",
    tags_argument="Tags",
    untag_operation="UntagRole",
    list_operation="ListRoleTags",
)

POLICY_TAGGING = Tagging(
    resource_argument="PolicyArn",
    tag_operation="TagPolicy",
    tags_argument="Tags",
    untag_operation="UntagPolicy",
    list_operation="ListPolicyTags",
)

ROLE = ResourceType(
    pulumi_type="aws:iam/role:Role",
    service="iam",
    create=Create(operation="CreateRole"),
    identifier=Answer("Role.RoleName"),
    read=(
        Read(operation="GetRole", arguments={"RoleName": ID}, path="Role"),
        Read(
            operation="ListAttachedRolePolicies",
            arguments={"RoleName": ID},
            path="{managedPolicyArns: AttachedPolicies[].PolicyArn}",
            all_pages=True,
        ),
    ),
    delete=(
        Call(
            operation="DetachRolePolicy",
            arguments={"RoleName": ID, "PolicyArn": Item()},
            for_each=Given("managedPolicyArns"),
        ),
        Call(
            operation="DeleteRolePolicy",
            arguments={"RoleName": ID, "PolicyName": Item("name")},
            for_each=Given("inlinePolicies"),
        ),
        Call(operation="DeleteRole", arguments={"RoleName": ID}),
    ),
    updates=(
        Update(
            operation="UpdateAssumeRolePolicy",
            properties=("assumeRolePolicy",),
            arguments={"RoleName": ID, "PolicyDocument": Given("assumeRolePolicy")},
        ),
        Update(
            operation="UpdateRole",
            properties=("description", "maxSessionDuration"),
            arguments={
                "RoleName": ID,
                "Description": Given("description", otherwise=""),
                "MaxSessionDuration": Given("maxSessionDuration", otherwise=3600),
            },
        ),
        Update(
            operation="DetachRolePolicy",
            properties=("managedPolicyArns",),
            arguments={"RoleName": ID, "PolicyArn": Item()},
            for_each=Removed("managedPolicyArns"),
        ),
        Update(
            operation="AttachRolePolicy",
            properties=("managedPolicyArns",),
            arguments={"RoleName": ID, "PolicyArn": Item()},
            for_each=Added("managedPolicyArns"),
        ),
        Update(
            operation="DeleteRolePolicy",
            properties=("inlinePolicies",),
            arguments={"RoleName": ID, "PolicyName": Item("name")},
            for_each=Removed("inlinePolicies", identity="name"),
        ),
        Update(
            operation="PutRolePolicy",
            properties=("inlinePolicies",),
            arguments={
                "RoleName": ID,
                "PolicyName": Item("name"),
                "PolicyDocument": Item("policy"),
            },
            for_each=Added("inlinePolicies"),
        ),
    ),
    renames={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
    outputs={
        "uniqueId": "RoleId",
        "permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn",
    },
    name_property="name",
    write_only=frozenset({"inlinePolicies"}),
    tagging=ROLE_TAGGING,
    rules=(rules.policy_document("assumeRolePolicy"),),
)

_ROLE_AND_NAME = {"RoleName": Given("role"), "PolicyName": Given("name")}

ROLE_POLICY = ResourceType(
    pulumi_type="aws:iam/rolePolicy:RolePolicy",
    service="iam",
    create=Create(operation="PutRolePolicy"),
    identifier=Text("{role}:{name}"),
    read=(Read(operation="GetRolePolicy", arguments=_ROLE_AND_NAME),),
    delete=(Call(operation="DeleteRolePolicy", arguments=_ROLE_AND_NAME),),
    repeat_create_for=("policy",),
    renames={"name": "PolicyName", "policy": "PolicyDocument", "role": "RoleName"},
    name_property="name",
    import_parts=(":", ("role", "name")),
    rules=(rules.policy_document("policy"),),
)

ROLE_POLICY_ATTACHMENT = ResourceType(
    pulumi_type="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    service="iam",
    create=Create(operation="AttachRolePolicy"),
    identifier=Text("{role}/{policyArn}"),
    read=(
        Read(
            operation="ListAttachedRolePolicies",
            arguments={"RoleName": Given("role")},
            path="AttachedPolicies",
            where={"PolicyArn": Given("policyArn")},
        ),
    ),
    delete=(
        Call(
            operation="DetachRolePolicy",
            arguments={"RoleName": Given("role"), "PolicyArn": Given("policyArn")},
        ),
    ),
    renames={"role": "RoleName"},
    delete_before_replace=True,
    import_parts=("/", ("role", "policyArn")),
)


def _delete_old_versions(session: Session, scope: Scope) -> None:
    """Delete a policy's versions but the default one: AWS keeps five at most, and a policy with
    others cannot be deleted.
    """
    policy = {"PolicyArn": scope.resource_id}
    listing = session.pages("iam", "ListPolicyVersions", policy)
    for version in listing.get("Versions", []):
        if not version["IsDefaultVersion"]:
            request = {**policy, "VersionId": version["VersionId"]}
            session.call("iam", "DeletePolicyVersion", request)


POLICY = ResourceType(
    pulumi_type="aws:iam/policy:Policy",
    service="iam",
    create=Create(operation="CreatePolicy"),
    identifier=Answer("Policy.Arn"),
    read=(
        Read(operation="GetPolicy", arguments={"PolicyArn": ID}, path="Policy"),
        Read(
            operation="GetPolicyVersion",
            arguments={"PolicyArn": ID, "VersionId": Live("DefaultVersionId")},
            path="{policy: PolicyVersion.Document}",
        ),
    ),
    delete=(Call(operation="DeletePolicy", arguments={"PolicyArn": ID}),),
    updates=(
        Update(
            operation="CreatePolicyVersion",
            properties=("policy",),
            arguments={"PolicyArn": ID, "PolicyDocument": Given("policy"), "SetAsDefault": True},
        ),
    ),
    before_update=_delete_old_versions,
    before_delete=_delete_old_versions,
    renames={"name": "PolicyName", "policy": "PolicyDocument"},
    name_property="name",
    tagging=POLICY_TAGGING,
    rules=(rules.policy_document("policy"),),
)

TYPES = (ROLE, ROLE_POLICY, ROLE_POLICY_ATTACHMENT, POLICY)
