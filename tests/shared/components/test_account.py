"""ARNs and zones."""

import pytest

from shared.components.account import Account
from shared.components.zones import zone_letter


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_an_arn_has_the_accounts_partition_and_region(partition: str) -> None:
    account = Account(partition, "eu-central-1", "111122223333")

    assert account.arn("logs", "log-group:/a:*") == (
        f"arn:{partition}:logs:eu-central-1:111122223333:log-group:/a:*"
    )


def test_a_zones_letter_is_its_last() -> None:
    assert zone_letter("ap-southeast-1c") == "c"
