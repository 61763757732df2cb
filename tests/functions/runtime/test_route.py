"""The route is parsed strictly, cached briefly, and never followed backwards."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from functions.runtime.errors import RouteError
from functions.runtime.route import Route, RouteReader, Side


class ParameterStore:
    """The one call of SSM that a reader makes; `value` None is an outage."""

    def __init__(self, value: str | None) -> None:
        self.value = value
        self.calls = 0

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803  # boto3's own name
        self.calls += 1
        if self.value is None:
            raise EndpointConnectionError(endpoint_url="http://ssm.invalid")
        return {"Parameter": {"Name": Name, "Value": self.value}}


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> ParameterStore:
    return ParameterStore('{"active": "source", "epoch": 1}')


@pytest.fixture
def reader(store: ParameterStore, clock: Clock) -> RouteReader:
    return RouteReader(store, "/route", clock=clock)


def test_a_route_is_parsed() -> None:
    assert Route.parse('{"active": "target", "epoch": 3}') == Route(Side.TARGET, 3)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "source",
        "[]",
        "7",
        "null",
        "{}",
        '{"active": "source"}',
        '{"epoch": 1}',
        '{"active": "both", "epoch": 1}',
        '{"active": null, "epoch": 1}',
        '{"active": "source", "epoch": "1"}',
        '{"active": "source", "epoch": -1}',
        '{"active": "source", "epoch": true}',
        '{"active": "source", "epoch": 1.0}',
    ],
)
def test_a_malformed_route_is_refused(value: str) -> None:
    with pytest.raises(RouteError):
        Route.parse(value)


@given(st.text())
def test_whatever_the_parameter_holds_only_a_route_error_comes_of_it(value: str) -> None:
    with pytest.raises(RouteError):
        Route.parse(value)


def test_the_route_is_read_once_a_second(
    reader: RouteReader, store: ParameterStore, clock: Clock
) -> None:
    reader.read()
    clock.now += 0.9
    reader.read()
    assert store.calls == 1
    clock.now += 0.1
    reader.read()
    assert store.calls == 2


def test_a_forced_read_is_fresh(reader: RouteReader, store: ParameterStore) -> None:
    reader.read()
    store.value = '{"active": "target", "epoch": 2}'
    assert reader.read() == Route(Side.SOURCE, 1)
    assert reader.read(force_fetch=True) == Route(Side.TARGET, 2)
    assert reader.read() == Route(Side.TARGET, 2)


def test_an_earlier_epoch_is_not_followed(reader: RouteReader, store: ParameterStore) -> None:
    store.value = '{"active": "target", "epoch": 2}'
    reader.read()
    store.value = '{"active": "source", "epoch": 1}'
    assert reader.read(force_fetch=True) == Route(Side.TARGET, 2)


@pytest.mark.parametrize("value", [None, "not a route"])
def test_the_known_route_stays_while_no_other_can_be_read(
    reader: RouteReader, store: ParameterStore, value: str | None
) -> None:
    reader.read()
    store.value = value
    assert reader.read(force_fetch=True) == Route(Side.SOURCE, 1)


@pytest.mark.parametrize("value", [None, "not a route"])
def test_without_any_known_route_the_failure_is_told(
    reader: RouteReader, store: ParameterStore, value: str | None
) -> None:
    store.value = value
    with pytest.raises(RouteError):
        reader.read()
