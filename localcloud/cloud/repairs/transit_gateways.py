"""Transit gateways: route tables that know their attachments, and errors instead of crashes.

* The tags of an attachment (CreateTransitGatewayVpcAttachment).
* No association with the default route table where the gateway disables it, and propagation to
  it where the gateway enables it ("Transit gateway route tables", Amazon VPC user guide).
* An attachment is associated with one table and propagates to any number of them; doing so again,
  or undoing what is not, is refused (Associate…, Disassociate…, Enable…, Disable…).
* SearchTransitGatewayRoutes shows attachments, and propagated routes beside static ones.
* Deleting what does not exist, or is still in use, is refused by name.

Source, where none is named: the operations of these names in the Amazon EC2 API Reference.
"""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.transit_gateway_attachments import TransitGatewayAttachment
from moto.ec2.models.transit_gateway_route_tables import (
    RouteTablePropagation,
    TransitGatewayRelations,
    TransitGatewayRouteTable,
)
from moto.ec2.responses.transit_gateway_attachments import (
    TransitGatewayAttachment as AttachmentResponse,
)

from localcloud.cloud.patching import wrap, wrap_property
from localcloud.cloud.repairs.patches import absent_is, once

Stock = Callable[..., Any]


class TransitGatewayError(EC2ClientError):
    """400 with one of EC2's codes for transit gateways."""


@once
def install() -> None:
    """Repair moto's transit gateways."""
    wrap(AttachmentResponse, "create_transit_gateway_vpc_attachment", _create_attachment)
    wrap_property(TransitGatewayAttachment, "association", _association)
    wrap(EC2Backend, "associate_transit_gateway_route_table", _associate)
    wrap(EC2Backend, "disassociate_transit_gateway_route_table", _disassociate)
    wrap(EC2Backend, "enable_transit_gateway_route_table_propagation", _enable_propagation)
    wrap(EC2Backend, "disable_transit_gateway_route_table_propagation", _disable_propagation)
    wrap(EC2Backend, "search_transit_gateway_routes", _search_routes)
    wrap(EC2Backend, "delete_transit_gateway", _delete_gateway)
    wrap(EC2Backend, "delete_transit_gateway_vpc_attachment", _delete_attachment)
    wrap(EC2Backend, "delete_transit_gateway_route_table", _delete_route_table)
    absent_is(EC2Backend, ("create_transit_gateway_route",), _no_route_table)
    absent_is(EC2Backend, ("delete_transit_gateway_route",), _no_route)


def _no_route_table(transit_gateway_route_table_id: str, **_: Any) -> TransitGatewayError:
    return TransitGatewayError(
        "InvalidRouteTableID.NotFound",
        f"Transit Gateway Route Table {transit_gateway_route_table_id} does not exist.",
    )


def _no_route(
    transit_gateway_route_table_id: str, destination_cidr_block: str
) -> TransitGatewayError:
    return TransitGatewayError(
        "InvalidRoute.NotFound",
        f"Route {destination_cidr_block} was not found in {transit_gateway_route_table_id}.",
    )


def _no_attachment(attachment_id: str) -> TransitGatewayError:
    return TransitGatewayError(
        "InvalidTransitGatewayAttachmentID.NotFound",
        f"Transit Gateway Attachment {attachment_id} was deleted or does not exist.",
    )


def _table(backend: EC2Backend, table_id: str) -> TransitGatewayRouteTable:
    table = backend.transit_gateways_route_tables.get(table_id)
    if table is None or table.state == "deleted":
        raise _no_route_table(table_id)
    return table


def _attachment(backend: EC2Backend, attachment_id: str) -> TransitGatewayAttachment:
    if attachment_id not in backend.transit_gateway_attachments:
        raise _no_attachment(attachment_id)
    return backend.transit_gateway_attachments[attachment_id]


def _tables_of(backend: EC2Backend, gateway_id: str) -> list[TransitGatewayRouteTable]:
    tables = backend.transit_gateways_route_tables.values()
    return [t for t in tables if t.transit_gateway_id == gateway_id and t.state != "deleted"]


def _associated_table(
    backend: EC2Backend, attachment: TransitGatewayAttachment
) -> TransitGatewayRouteTable | None:
    tables = _tables_of(backend, attachment.transit_gateway_id)
    return next((t for t in tables if attachment.id in t.route_table_associations), None)


def _create_attachment(stock: Stock, response: AttachmentResponse) -> Any:
    answer: Any = stock(response)
    backend: EC2Backend = response.ec2_backend
    attachment = answer.result["TransitGatewayVpcAttachment"]
    specification = response._parse_tag_specification()  # noqa: SLF001  moto's own way
    attachment.add_tags(specification.get("transit-gateway-attachment", {}))
    gateway = backend.transit_gateways[attachment.transit_gateway_id]
    table = gateway.default_route_table
    if gateway.options["DefaultRouteTableAssociation"] != "enable":
        table.route_table_associations.pop(attachment.id, None)
    if gateway.options["DefaultRouteTablePropagation"] == "enable":
        _propagate(attachment, table)
    return answer


def _association(
    stock: Callable[[Any], Any], attachment: TransitGatewayAttachment
) -> dict[str, str] | None:
    table = _associated_table(attachment.ec2_backend, attachment)
    if table is None or attachment.state != "available":
        return None
    return {"State": "associated", "TransitGatewayRouteTableId": table.id}


def _relation(
    backend: EC2Backend, attachment_id: str, table_id: str, state: str
) -> TransitGatewayRelations:
    return TransitGatewayRelations(backend, attachment_id, table_id, state)


def _associate(
    stock: Stock,
    backend: EC2Backend,
    transit_gateway_attachment_id: str,
    transit_gateway_route_table_id: str,
) -> TransitGatewayRelations:
    attachment = _attachment(backend, transit_gateway_attachment_id)
    table = _table(backend, transit_gateway_route_table_id)
    if _associated_table(backend, attachment) is not None:
        raise TransitGatewayError(
            "Resource.AlreadyAssociated",
            f"Transit Gateway Attachment {attachment.id} is already associated to a route table.",
        )
    backend.set_route_table_association(attachment.id, table.id)
    return _relation(backend, attachment.id, table.id, "associated")


def _disassociate(
    stock: Stock, backend: EC2Backend, tgw_attach_id: str, tgw_rt_id: str
) -> TransitGatewayRelations:
    _attachment(backend, tgw_attach_id)
    table = _table(backend, tgw_rt_id)
    if table.route_table_associations.pop(tgw_attach_id, None) is None:
        raise TransitGatewayError(
            "InvalidAssociation.NotFound",
            f"Attachment {tgw_attach_id} is not associated with {tgw_rt_id}.",
        )
    return _relation(backend, tgw_attach_id, tgw_rt_id, "disassociated")


def _propagates(attachment_id: str, table: TransitGatewayRouteTable) -> bool:
    return any(
        each.transitGatewayAttachmentId == attachment_id for each in table.route_table_propagation
    )


def _propagate(attachment: TransitGatewayAttachment, table: TransitGatewayRouteTable) -> None:
    table.route_table_propagation.append(
        RouteTablePropagation(
            resource_id=attachment.resource_id,
            resource_type=attachment.resource_type,
            state="enabled",
            transit_gateway_attachment_id=attachment.id,
        )
    )


def _enable_propagation(
    stock: Stock,
    backend: EC2Backend,
    transit_gateway_attachment_id: str,
    transit_gateway_route_table_id: str,
) -> TransitGatewayRelations:
    attachment = _attachment(backend, transit_gateway_attachment_id)
    table = _table(backend, transit_gateway_route_table_id)
    if _propagates(attachment.id, table):
        raise TransitGatewayError(
            "TransitGatewayRouteTablePropagation.Duplicate",
            f"Propagation of {attachment.id} to {table.id} exists already.",
        )
    _propagate(attachment, table)
    return _relation(backend, attachment.id, table.id, "enabled")


def _disable_propagation(
    stock: Stock,
    backend: EC2Backend,
    transit_gateway_attachment_id: str,
    transit_gateway_route_table_id: str,
) -> TransitGatewayRelations:
    _attachment(backend, transit_gateway_attachment_id)
    table = _table(backend, transit_gateway_route_table_id)
    if not _propagates(transit_gateway_attachment_id, table):
        raise TransitGatewayError(
            "TransitGatewayRouteTablePropagation.NotFound",
            f"Attachment {transit_gateway_attachment_id} does not propagate to {table.id}.",
        )
    backend.disable_route_table_propagation(transit_gateway_attachment_id, table.id)
    return _relation(backend, transit_gateway_attachment_id, table.id, "disabled")


def _search_routes(
    stock: Stock,
    backend: EC2Backend,
    transit_gateway_route_table_id: str,
    filters: Any,
    max_results: int | None = None,
) -> list[dict[str, Any]]:
    table = _table(backend, transit_gateway_route_table_id)
    static = [_with_listed_attachment(route) for route in table.routes.values()]
    propagated = [
        route
        for each in table.route_table_propagation
        for route in _propagated_routes(backend, each, {r["destinationCidrBlock"] for r in static})
    ]
    members = {
        "type": "type",
        "state": "state",
        "route-search.exact-match": "destinationCidrBlock",
    }
    wanted = {members[name]: values for name, values in (filters or {}).items() if name in members}
    routes = [
        route
        for route in [*static, *propagated]
        if all(route[member] in values for member, values in wanted.items())
    ]
    return routes[: int(max_results)] if max_results else routes


def _with_listed_attachment(route: dict[str, Any]) -> dict[str, Any]:
    attachment = route.get("transitGatewayAttachments")
    listed = [attachment] if isinstance(attachment, dict) else []
    return {**route, "transitGatewayAttachments": listed}


def _propagated_routes(
    backend: EC2Backend, propagation: RouteTablePropagation, taken: set[str]
) -> list[dict[str, Any]]:
    """Return the routes to an attached VPC's blocks; a static route to a block goes before."""
    vpc = backend.vpcs.get(propagation.resourceId)
    if vpc is None:
        return []
    blocks = [each["cidr_block"] for each in vpc.get_cidr_block_association_set()]
    attachment = {
        "resourceId": propagation.resourceId,
        "resourceType": propagation.resourceType,
        "transitGatewayAttachmentId": propagation.transitGatewayAttachmentId,
    }
    return [
        {
            "destinationCidrBlock": block,
            "prefixListId": None,
            "state": "active",
            "type": "propagated",
            "transitGatewayAttachments": [attachment],
        }
        for block in blocks
        if block not in taken
    ]


def _delete_gateway(stock: Stock, backend: EC2Backend, transit_gateway_id: str) -> Any:
    if transit_gateway_id not in backend.transit_gateways:
        raise TransitGatewayError(
            "InvalidTransitGatewayID.NotFound",
            f"Transit Gateway {transit_gateway_id} was deleted or does not exist.",
        )
    attachments = backend.transit_gateway_attachments.values()
    in_use = [each.id for each in attachments if each.transit_gateway_id == transit_gateway_id]
    if in_use:
        raise TransitGatewayError(
            "IncorrectState",
            f"{transit_gateway_id} has non-deleted Transit Gateway Attachments: {in_use[0]}.",
        )
    for table in _tables_of(backend, transit_gateway_id):
        table.state = "deleted"
    return stock(backend, transit_gateway_id)


def _delete_attachment(
    stock: Stock, backend: EC2Backend, transit_gateway_attachment_id: str
) -> Any:
    attachment = _attachment(backend, transit_gateway_attachment_id)
    for table in _tables_of(backend, attachment.transit_gateway_id):
        table.route_table_associations.pop(attachment.id, None)
        backend.disable_route_table_propagation(attachment.id, table.id)
    return stock(backend, attachment.id)


def _delete_route_table(
    stock: Stock, backend: EC2Backend, transit_gateway_route_table_id: str
) -> Any:
    table = _table(backend, transit_gateway_route_table_id)
    if table.route_table_associations:
        raise TransitGatewayError("IncorrectState", f"{table.id} has existing associations.")
    return stock(backend, table.id)
