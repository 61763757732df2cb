"""A VPC's range is divided without overlap."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest

from stacks.network.addressing import Tier, plan_subnets, tier_block

VPC = IPv4Network("10.1.0.0/16")


def test_three_tiers_in_three_zones_do_not_overlap_and_stay_inside() -> None:
    plans = plan_subnets(VPC, ("a", "b", "c"))

    assert len(plans) == 9
    assert all(plan.cidr.subnet_of(VPC) for plan in plans)
    assert not any(one.cidr.overlaps(other.cidr) for one, other in combinations(plans, 2))


def test_a_tiers_block_holds_its_subnets_and_no_other() -> None:
    for plan in plan_subnets(VPC, ("a", "b", "c")):
        inside = [tier for tier in Tier if plan.cidr.subnet_of(tier_block(VPC, tier))]
        assert inside == [plan.tier]


def test_addresses_do_not_move_when_a_fourth_zone_is_added() -> None:
    three = plan_subnets(VPC, ("a", "b", "c"))
    four = plan_subnets(VPC, ("a", "b", "c", "d"))

    assert set(three) <= set(four)
    assert len(four) == 12


def test_a_range_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a /16"):
        tier_block(IPv4Network("10.0.0.0/20"), Tier.PUBLIC)
