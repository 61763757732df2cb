"""One contract a layer: what it consumes and what it provides.

`CONTRACTS` is the only list of the layers; everything that needs one derives it from here.
"""

from shared.contracts.base import Contract, OutputField, output
from shared.contracts.data import DataOutputs
from shared.contracts.edge import EdgeOutputs
from shared.contracts.migration import MigrationOutputs
from shared.contracts.network import NetworkOutputs
from shared.contracts.observability import ObservabilityOutputs

CONTRACTS: dict[str, type[Contract]] = {
    contract.layer: contract
    for contract in (
        NetworkOutputs,
        DataOutputs,
        MigrationOutputs,
        EdgeOutputs,
        ObservabilityOutputs,
    )
}

__all__ = [
    "CONTRACTS",
    "Contract",
    "DataOutputs",
    "EdgeOutputs",
    "MigrationOutputs",
    "NetworkOutputs",
    "ObservabilityOutputs",
    "OutputField",
    "output",
]
