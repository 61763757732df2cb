"""The availability zones that every layer spreads over."""

import pulumi
import pulumi_aws as aws

ZONES_PER_LAYER = 3


def availability_zones() -> tuple[str, ...]:
    """Return the names of the region's first three zones, in alphabetical order.

    Local and Wavelength Zones are left out: neither Aurora nor NAT gateways run there, and they
    are the zones that an account has to opt in to (Amazon EC2 User Guide, "Local Zones").
    Raises pulumi.RunError in a region with fewer than three zones.
    """
    zones = aws.get_availability_zones(
        state="available",
        filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
    )
    if len(zones.names) < ZONES_PER_LAYER:
        raise pulumi.RunError(
            f"region {zones.region} has {len(zones.names)} availability zones and "
            f"{ZONES_PER_LAYER} are needed: choose another aws:region"
        )
    return tuple(sorted(zones.names)[:ZONES_PER_LAYER])


def zone_letter(zone: str) -> str:
    """Return the letter that ends a zone's name, for use in resource names."""
    return zone[-1]
