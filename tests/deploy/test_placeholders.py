"""The five programs, previewed over placeholders when nothing at all is deployed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from moto.core.config import default_user_config
from moto.server import ThreadedMotoServer

from deploy.engines.embedded import EmbeddedEngine
from deploy.engines.interface import Engine
from deploy.events import Diagnostic, Event, Operation, RunResult
from deploy.programs import WarmLauncher
from localcloud.bootstrap import secret_values
from localcloud.cloud import repairs
from localcloud.provider.server import serve
from shared.contracts import CONTRACTS
from shared.placeholders import VARIABLE, is_placeholder

REGION = "ap-southeast-1"


@pytest.fixture(scope="module")
def empty_cloud() -> Iterator[str]:
    """The address of a provider for an account that has its existing secrets and nothing else."""
    repairs.install()
    with pytest.MonkeyPatch.context() as patches:
        patches.setitem(default_user_config["lambda"], "use_docker", False)
        moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        moto.start()
        url = "http://{}:{}".format(*moto.get_host_and_port())
        with _existing_secrets(url):
            provider, port = serve(url, REGION, "test", "test")
            yield f"127.0.0.1:{port}"
            provider.stop(None).wait()
        moto.stop()


@contextmanager
def _existing_secrets(url: str) -> Iterator[None]:
    """Keep the secrets for the duration of the body: moto's are those of the whole process."""
    client = boto3.client(
        "secretsmanager",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    contents = secret_values("no certificate")
    for secret, values in contents.items():
        client.create_secret(Name=secret.value.name("local"), SecretString=json.dumps(values))
    yield
    for secret in contents:
        client.delete_secret(SecretId=secret.value.name("local"), ForceDeleteWithoutRecovery=True)
    client.close()


@pytest.fixture(scope="module")
def warm_launcher() -> Iterator[WarmLauncher]:
    """Programs of this module start with pulumi_aws imported."""
    with WarmLauncher() as warm:
        yield warm


@pytest.fixture
def engine(empty_cloud: str, warm_launcher: WarmLauncher, tmp_path: Path) -> Engine:
    return EmbeddedEngine(
        "local",
        backend_root=tmp_path,
        provider_addresses={"aws": empty_cloud},
        launcher=warm_launcher,
    )


def _environ(layer: str) -> dict[str, str]:
    return {VARIABLE: ",".join(upstream.layer for upstream in CONTRACTS[layer].consumes)}


def _preview(engine: Engine, layer: str) -> tuple[RunResult, list[Event]]:
    events: list[Event] = []
    return engine.stack(layer, environ=_environ(layer)).preview(events.append), events


@pytest.mark.parametrize("layer", CONTRACTS)
def test_each_layer_can_be_previewed_before_anything_is_deployed(
    engine: Engine, tmp_path: Path, layer: str
) -> None:
    result, events = _preview(engine, layer)
    assert result.ok, result.errors
    assert set(result.counts) <= {Operation.CREATE, Operation.READ}
    assert result.counts[Operation.CREATE] > 20
    promised = {field.name for field in CONTRACTS[layer].fields()}
    assert result.outputs.keys() | result.unknown_outputs == promised
    warnings = [e.message for e in events if isinstance(e, Diagnostic) and e.severity == "warning"]
    for upstream in CONTRACTS[layer].consumes:
        assert sum(f"{upstream.layer} is not deployed" in line for line in warnings) == 1
    assert not list(tmp_path.rglob("*.json"))


def test_without_placeholders_the_layer_that_is_missing_is_named(engine: Engine) -> None:
    result = engine.stack("edge").preview(lambda event: None)
    assert not result.ok
    # Which of them is asked for first is not said.
    refusals = [f"{layer.layer}/local' does not exist" for layer in CONTRACTS["edge"].consumes]
    messages = [error.message for error in result.errors]
    assert any(refusal in message for refusal in refusals for message in messages)


@pytest.mark.parametrize("layer", CONTRACTS)
def test_deploying_with_placeholders_is_refused_before_anything_is_made(
    engine: Engine, layer: str
) -> None:
    environ = _environ(layer) if CONTRACTS[layer].consumes else {VARIABLE: "data"}
    result = engine.stack(layer, environ=environ).up(lambda event: None)
    assert not result.ok
    (error,) = result.errors
    assert "placeholders are for previews only" in error.message
    assert "invoke deploy" in error.message
    assert not result.counts


def test_a_misspelled_layer_is_refused_in_a_preview_too(engine: Engine) -> None:
    result = engine.stack("edge", environ={VARIABLE: "netwerk"}).preview(lambda event: None)
    assert [("netwerk" in error.message) for error in result.errors] == [True]


def test_placeholders_are_never_taken_for_layers_that_were_not_named(engine: Engine) -> None:
    environ = {VARIABLE: "network"}
    result = engine.stack("edge", environ=environ).preview(lambda event: None)
    assert any("data/local' does not exist" in error.message for error in result.errors)


def test_what_a_preview_promises_without_placeholders_does_not_look_like_one(
    engine: Engine,
) -> None:
    result, _ = _preview(engine, "network")
    assert not is_placeholder(dict(result.outputs))
