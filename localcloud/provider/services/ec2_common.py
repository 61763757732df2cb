"""What all EC2 types share: tagging, filters, ARNs."""

from localcloud.provider.definition import Tagging
from localcloud.provider.expressions import Text
from localcloud.provider.scope import Template

TAGGING = Tagging(
    resource_argument="Resources",
    tag_operation="CreateTags",
    tags_argument="Tags",
    untag_operation="DeleteTags",
    keys_argument="Tags",
    keys_as_tags=True,
)


def filter_by(name: str, value: Template) -> dict[str, Template]:
    """Return one element of a ``Filters`` argument."""
    return {"Name": name, "Values": [value]}


def arn(kind: str) -> Text:
    """Return the ARN of an EC2 resource, for example of the kind ``vpc``."""
    return Text(f"arn:aws:ec2:{{region}}:{{account}}:{kind}/{{id}}")
