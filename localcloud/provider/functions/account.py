"""Functions about the account, the region and the partition."""

from localcloud.provider.errors import ProviderError
from localcloud.provider.functions import Function
from localcloud.provider.models import available_regions, region_description
from localcloud.provider.session import Session
from localcloud.provider.wire import Properties


def _availability_zones(session: Session, arguments: Properties) -> Properties:
    region = arguments.get("region") or session.region
    request = {
        "AllAvailabilityZones": arguments.get("allAvailabilityZones", False),
        "Filters": [
            {"Name": each["name"], "Values": each["values"]}
            for each in arguments.get("filters") or []
        ],
    }
    answer = session.call("ec2", "DescribeAvailabilityZones", request, region)
    zones = [
        zone
        for zone in answer["AvailabilityZones"]
        if zone["State"] == arguments.get("state", zone["State"])
        and zone["ZoneName"] not in arguments.get("excludeNames", [])
        and zone["ZoneId"] not in arguments.get("excludeZoneIds", [])
    ]
    zones.sort(key=lambda zone: str(zone["ZoneName"]))
    return {
        **arguments,
        "id": region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": sorted({zone.get("GroupName") or zone["RegionName"] for zone in zones}),
        "region": region,
    }


def _caller_identity(session: Session, arguments: Properties) -> Properties:
    answer = session.call("sts", "GetCallerIdentity", {})
    return {
        "id": answer["Account"],
        "accountId": answer["Account"],
        "arn": answer["Arn"],
        "userId": answer["UserId"],
    }


def _region(session: Session, arguments: Properties) -> Properties:
    name = arguments.get("region") or arguments.get("name") or session.region
    if name not in available_regions():
        raise ProviderError(f"{name} is not a region of AWS")
    return {
        "id": name,
        "name": name,
        "region": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
        "description": region_description(name),
    }


def _partition(session: Session, arguments: Properties) -> Properties:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


FUNCTIONS = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": Function(
        _availability_zones,
        frozenset(
            {
                "allAvailabilityZones",
                "excludeNames",
                "excludeZoneIds",
                "filters",
                "region",
                "state",
            }
        ),
    ),
    "aws:index/getCallerIdentity:getCallerIdentity": Function(_caller_identity, frozenset()),
    "aws:index/getRegion:getRegion": Function(_region, frozenset({"name", "region"})),
    "aws:index/getPartition:getPartition": Function(_partition, frozenset()),
}
