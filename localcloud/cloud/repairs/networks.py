"""VPC networking: errors that moto does not give, and changes that it ignores.

* A route to a NAT or transit gateway that does not exist is refused (CreateRoute, ReplaceRoute).
* A NAT gateway's elastic IP cannot be released, nor its subnet deleted, while it exists
  (ReleaseAddress: ``InvalidIPAddress.InUse``; DeleteSubnet: ``DependencyViolation``).
* DeleteNatGateway lets go of the elastic IP and the network interface, and says
  ``NatGatewayNotFound`` of an unknown gateway.
* ModifyVpcEndpoint switches private DNS, and gives a new subnet its network interface.

Source: the operations of these names in the Amazon EC2 API Reference.
"""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses.vpcs import VPCs
from moto.ec2.utils import random_private_ip

from localcloud.cloud.patching import wrap
from localcloud.cloud.repairs.patches import once

Stock = Callable[..., Any]


class NatGatewayNotFoundError(EC2ClientError):
    """400 NatGatewayNotFound."""

    def __init__(self, nat_gateway_id: str) -> None:
        super().__init__("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")


class InvalidTransitGatewayError(EC2ClientError):
    """400 InvalidTransitGatewayID.NotFound."""

    def __init__(self, transit_gateway_id: str) -> None:
        super().__init__(
            "InvalidTransitGatewayID.NotFound",
            f"Transit Gateway {transit_gateway_id} was deleted or does not exist.",
        )


class AddressInUseError(EC2ClientError):
    """400 InvalidIPAddress.InUse."""

    def __init__(self, address: str, nat_gateway_id: str) -> None:
        super().__init__(
            "InvalidIPAddress.InUse", f"Address {address} is in use by {nat_gateway_id}."
        )


@once
def install() -> None:
    """Repair moto's VPC networking."""
    wrap(EC2Backend, "create_route", _route_to_existing_target)
    wrap(EC2Backend, "replace_route", _route_to_existing_target)
    wrap(EC2Backend, "delete_nat_gateway", _delete_nat_gateway)
    wrap(EC2Backend, "release_address", _release_address)
    wrap(EC2Backend, "delete_subnet", _delete_subnet)
    wrap(VPCs, "modify_vpc_endpoint", _modify_vpc_endpoint)


def _route_to_existing_target(
    stock: Stock, backend: EC2Backend, *arguments: Any, **keywords: Any
) -> Any:
    nat_gateway = keywords.get("nat_gateway_id")
    if nat_gateway and nat_gateway not in {each.id for each in _nat_gateways(backend)}:
        raise NatGatewayNotFoundError(nat_gateway)
    transit_gateway = keywords.get("transit_gateway_id")
    if transit_gateway and transit_gateway not in backend.transit_gateways:
        raise InvalidTransitGatewayError(transit_gateway)
    return stock(backend, *arguments, **keywords)


def _nat_gateways(backend: EC2Backend) -> list[Any]:
    return [each for each in backend.nat_gateways.values() if each.state != "deleted"]


def _delete_nat_gateway(stock: Stock, backend: EC2Backend, nat_gateway_id: str) -> Any:
    if nat_gateway_id not in backend.nat_gateways:
        raise NatGatewayNotFoundError(nat_gateway_id)
    gateway = stock(backend, nat_gateway_id)
    _free(backend, gateway)
    return gateway


def _allocations(gateway: Any) -> set[str]:
    """Return the allocation ids of a NAT gateway's elastic IPs."""
    return {each["allocationId"] for each in gateway.address_set if "allocationId" in each}


def _free(backend: EC2Backend, gateway: Any) -> None:
    """Let go of a deleted gateway's elastic IPs and network interfaces."""
    for address in gateway.address_set:
        association = address.get("associationId")
        if association is not None and association in {
            each.association_id for each in backend.addresses
        }:
            backend.disassociate_address(association_id=association)
        backend.enis.pop(address["networkInterfaceId"], None)


def _release_address(
    stock: Stock, backend: EC2Backend, address: str | None = None, allocation_id: str | None = None
) -> Any:
    for gateway in _nat_gateways(backend):
        if allocation_id is not None and allocation_id in _allocations(gateway):
            raise AddressInUseError(allocation_id, gateway.id)
    return stock(backend, address=address, allocation_id=allocation_id)


def _delete_subnet(stock: Stock, backend: EC2Backend, subnet_id: str) -> Any:
    for gateway in _nat_gateways(backend):
        if gateway.subnet_id == subnet_id:
            raise DependencyViolationError(
                f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            )
    return stock(backend, subnet_id)


def _modify_vpc_endpoint(stock: Callable[[VPCs], Any], response: VPCs) -> Any:
    backend: EC2Backend = response.ec2_backend
    identifier = response._get_param("VpcEndpointId")  # noqa: SLF001  moto's own way
    endpoint = backend.describe_vpc_endpoints(vpc_end_point_ids=[identifier])[0]
    before = set(endpoint.subnet_ids or [])
    answer = stock(response)
    private_dns = response._get_param("PrivateDnsEnabled")  # noqa: SLF001
    if private_dns is not None:
        endpoint.private_dns_enabled = str(private_dns).lower() == "true"
    if str(endpoint.vpc_endpoint_type).lower() == "interface":
        _match_interfaces(backend, endpoint, before)
    return answer


def _match_interfaces(backend: EC2Backend, endpoint: Any, before: set[str]) -> None:
    """Give each added subnet a network interface of the endpoint, and take removed ones away."""
    now = set(endpoint.subnet_ids or [])
    for subnet_id in sorted(now - before):
        interface = backend.create_network_interface(subnet_id, random_private_ip())
        endpoint.network_interface_ids.append(interface.id)
    for interface_id in list(endpoint.network_interface_ids):
        known = backend.enis.get(interface_id)
        if known is not None and known.subnet.id in before - now:
            endpoint.network_interface_ids.remove(interface_id)
            backend.enis.pop(interface_id)
