"""Start the provider's gRPC server on a loopback port that the kernel chooses."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import grpc
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from localcloud.provider.clients import Account
from localcloud.provider.servicer import AwsProvider

_MAX_MESSAGE = 400 * 1024 * 1024  # bytes; the engine's own limit
_THREADS = 64
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def serve(
    endpoint_url: str, region: str, access_key: str, secret_key: str, *, warm_up: bool = False
) -> tuple[grpc.Server, int]:
    """Start serving and return the running server with its port on 127.0.0.1.

    ``endpoint_url`` is the laptop cloud's; ``region`` counts where a stack configures none.
    ``warm_up`` prepares the first calls in the background and freezes the collector at its end,
    so it is for a process that does nothing else. Raises ValueError for an endpoint that is not on
    this machine: the provider never talks to AWS.
    """
    if urlsplit(endpoint_url).hostname not in _LOOPBACK:
        raise ValueError(f"{endpoint_url} is not on this machine's loopback interface")
    account = Account(endpoint_url.rstrip("/"), access_key, secret_key)
    server = grpc.server(
        ThreadPoolExecutor(_THREADS, thread_name_prefix="provider"),
        options=[
            ("grpc.max_receive_message_length", _MAX_MESSAGE),
            ("grpc.max_send_message_length", _MAX_MESSAGE),
        ],
    )
    provider = AwsProvider(account, region)
    add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    if warm_up:
        provider.warm_up()
    return server, port
