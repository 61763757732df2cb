"""A small cloud in memory behind a real gRPC `ResourceProvider` server, for the engine's tests.

It has one type, `test:index:Thing`, and the manners of a cloud: ids and names of its own, unique
names, properties that cannot be updated, refusal to delete what another thing uses. Like the
laptop cloud it answers a repeated `operation-id` with the first outcome.
"""

# ruff: noqa: N802 - gRPC gives the methods their names

import hashlib
import itertools
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from google.rpc import status_pb2  # type: ignore[import-untyped]  # generated, without stubs
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
FORCES_NEW = {"name", "zone"}


@dataclass
class Thing:
    """What the cloud keeps of one thing."""

    id: str
    inputs: dict[str, Any]
    region: str
    ready: bool = True

    @property
    def name(self) -> str:
        return str(self.inputs["name"])


@dataclass
class Hold:
    """Makes one kind of call on one thing wait, and tells when a call arrived."""

    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


class RefusedError(Exception):
    """The cloud refuses a call."""


class MemoryCloud(provider_pb2_grpc.ResourceProviderServicer):
    """The cloud and its provider. `calls` counts calls by method and resource name."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.calls: Counter[tuple[str, str]] = Counter()
        self.history: list[tuple[str, str]] = []
        self.requests: list[Any] = []
        self.faults: dict[tuple[str, str], str] = {}
        self._holds: dict[tuple[str, str], Hold] = {}
        self._operations: dict[str, Future[Any]] = {}
        self._regions: dict[str, str] = {}
        self._lock = threading.RLock()
        self._serial = itertools.count(1)
        self.concurrent = 0
        self.most_concurrent = 0

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve on a free port for the duration of the body; yields the address."""
        server = grpc.server(ThreadPoolExecutor(64))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(self, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            stopped = server.stop(grace=None)
            for hold in self._holds.values():
                hold.released.set()
            stopped.wait()

    def hold(self, method: str, resource: str) -> Hold:
        """Make the next calls of a method on a resource wait until released."""
        self._holds[method, resource] = Hold()
        return self._holds[method, resource]

    def release(self, method: str, resource: str) -> None:
        """Let held calls go on."""
        self._holds[method, resource].released.set()

    def names(self) -> list[str]:
        """Return the names of all things that exist."""
        return sorted(thing.name for thing in self.things.values())

    def named(self, name: str) -> Thing:
        """Return the one thing with a name."""
        (found,) = [thing for thing in self.things.values() if thing.name == name]
        return found

    def CheckConfig(self, request: Any, context: Any) -> Any:
        news = _plain(request.news)
        failures = []
        if news.get("region") == "nowhere":
            failures.append(provider_pb2.CheckFailure(property="region", reason="no such region"))
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        changed = _changed(_plain(request.old_inputs), _plain(request.news))
        return _diff_response(changed, {"region"})

    def Configure(self, request: Any, context: Any) -> Any:
        self._regions[context.peer()] = str(_plain(request.args).get("region", "default"))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        news, olds = _plain(request.news), _plain(request.olds)
        if news.get("size") == "wrong":
            failure = provider_pb2.CheckFailure(property="size", reason="must be a number")
            return provider_pb2.CheckResponse(inputs=request.news, failures=[failure])
        if "name" not in news:
            suffix = hashlib.sha256(request.randomSeed).hexdigest()[:7]
            news["name"] = olds.get("name") or f"{request.name}-{suffix}"
        return provider_pb2.CheckResponse(inputs=_struct(news))

    def Diff(self, request: Any, context: Any) -> Any:
        olds, news = _plain(request.old_inputs), _plain(request.news)
        changed = _changed(olds, news) - set(request.ignoreChanges)
        keeps_name = olds.get("name") == news.get("name") and not str(news.get("name")).startswith(
            f"{request.name}-"
        )
        return _diff_response(changed, FORCES_NEW, delete_before_replace=keeps_name)

    def Create(self, request: Any, context: Any) -> Any:
        if request.preview:
            outputs = {**_plain(request.properties), "arn": UNKNOWN, "password": UNKNOWN}
            return provider_pb2.CreateResponse(properties=_struct(outputs))
        # The Pulumi CLI sends no operation's id: each of its calls is a creation of its own.
        operation = dict(context.invocation_metadata()).get("operation-id") or uuid.uuid4().hex
        with self._lock:
            future = self._operations.get(operation)
            first = future is None
            future = self._operations.setdefault(operation, Future())
        if first:
            try:
                future.set_result(self._create(request, context))
            except Exception as error:
                future.set_exception(error)
        return self._answer(context, future.result)

    def _create(self, request: Any, context: Any) -> Any:
        with self._call("create", request.name, request):
            inputs = _plain(request.properties)
            with self._lock:
                if inputs["name"] in self.names():
                    raise RefusedError(f"a thing named {inputs['name']} exists already")
                thing = Thing(f"thing-{next(self._serial)}", inputs, self._region(context))
                thing.ready = ("ready", request.name) not in self.faults
                self.things[thing.id] = thing
            self._require_ready(thing, request.name)
            return provider_pb2.CreateResponse(id=thing.id, properties=self._outputs(thing))

    def Update(self, request: Any, context: Any) -> Any:
        if request.preview:
            outputs = {**_plain(request.olds), **_plain(request.news)}
            return provider_pb2.UpdateResponse(properties=_struct(outputs))

        def update() -> Any:
            with self._call("update", request.name, request):
                thing = self._existing(request.id)
                thing.inputs = _plain(request.news)
                self._require_ready(thing, request.name)
                thing.ready = True
                return provider_pb2.UpdateResponse(properties=self._outputs(thing))

        return self._answer(context, update)

    def Delete(self, request: Any, context: Any) -> Any:
        def delete() -> Any:
            with self._call("delete", request.name, request), self._lock:
                users = [t.name for t in self.things.values() if t.inputs.get("uses") == request.id]
                if users:
                    raise RefusedError(f"{request.id} is used by {', '.join(users)}")
                self.things.pop(request.id, None)
            return empty_pb2.Empty()

        return self._answer(context, delete)

    def Read(self, request: Any, context: Any) -> Any:
        if ("read", request.name) in self.faults:
            context.abort(grpc.StatusCode.UNKNOWN, self.faults["read", request.name])
        thing = self.things.get(request.id)
        if thing is None:
            return provider_pb2.ReadResponse()
        inputs = _struct(thing.inputs)
        return provider_pb2.ReadResponse(
            id=thing.id, properties=self._outputs(thing), inputs=inputs
        )

    def Invoke(self, request: Any, context: Any) -> Any:
        if request.tok != "test:index:countThings":
            context.abort(grpc.StatusCode.UNKNOWN, f"no function {request.tok}")
        return provider_pb2.InvokeResponse(**{"return": _struct({"count": len(self.things)})})

    def _region(self, context: Any) -> str:
        if context.peer() not in self._regions:
            raise RefusedError("this connection was never configured")
        return self._regions[context.peer()]

    @contextmanager
    def _call(self, method: str, name: str, request: Any) -> Iterator[None]:
        with self._lock:
            self.calls[method, name] += 1
            self.history.append((method, name))
            self.requests.append(request)
            self.concurrent += 1
            self.most_concurrent = max(self.most_concurrent, self.concurrent)
        hold = self._holds.get((method, name))
        try:
            if hold is not None:
                hold.arrived.set()
                if not hold.released.wait(30):
                    raise RefusedError("held for too long")
            if (method, name) in self.faults:
                raise RefusedError(self.faults[method, name])
            yield
        finally:
            with self._lock:
                self.concurrent -= 1

    def _existing(self, thing_id: str) -> Thing:
        if thing_id not in self.things:
            raise RefusedError(f"there is no {thing_id}")
        return self.things[thing_id]

    def _require_ready(self, thing: Thing, name: str) -> None:
        fault = self.faults.get(("ready", name))
        if fault is not None:
            raise _NotReadyError(thing.id, self._outputs(thing), fault)

    def _outputs(self, thing: Thing) -> struct_pb2.Struct:
        arn = f"arn:test:{thing.region}:{thing.id}"
        return _struct(
            {**thing.inputs, "arn": arn, "password": f"pw-{thing.id}", "region": thing.region}
        )

    def _answer(self, context: Any, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except _NotReadyError as error:
            context.set_trailing_metadata((("grpc-status-details-bin", error.status()),))
            context.abort(grpc.StatusCode.UNKNOWN, error.reason)
        except RefusedError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))


class _NotReadyError(Exception):
    def __init__(self, thing_id: str, outputs: struct_pb2.Struct, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self._failure = provider_pb2.ErrorResourceInitFailed(
            id=thing_id, properties=outputs, reasons=[reason]
        )

    def status(self) -> bytes:
        detail = any_pb2.Any()
        detail.Pack(self._failure)
        status = status_pb2.Status(code=2, message=self.reason, details=[detail])
        serialized: bytes = status.SerializeToString()
        return serialized


def _plain(struct: Any) -> dict[str, Any]:
    return dict(MessageToDict(struct))


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def _changed(olds: dict[str, Any], news: dict[str, Any]) -> set[str]:
    return {key for key in {*olds, *news} if olds.get(key) != news.get(key)}


def _diff_response(
    changed: set[str], forces_new: set[str], *, delete_before_replace: bool = False
) -> Any:
    replaces = sorted(changed & forces_new)
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME
        if changed
        else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=sorted(changed),
        replaces=replaces,
        deleteBeforeReplace=bool(replaces) and delete_before_replace,
    )
