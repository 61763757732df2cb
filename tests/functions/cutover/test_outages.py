"""A side or Parameter Store goes away, at any moment, for a while or for good."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.cutover.decisions import other
from functions.cutover.errors import UnsettledError
from functions.cutover.moving import Bounds
from functions.cutover.session import Pg8000Session, Session
from functions.runtime.connections import Server
from functions.runtime.route import Side
from tests.functions.cutover.messages import AFTER, BEFORE, SENT, WatchedParameters, watched
from tests.functions.cutover.pair import Pair, parameter_store
from tests.functions.cutover.test_killed import check_settled
from tests.functions.cutover.wire import Wire, wire
from tests.functions.support import MASTER

pytestmark = pytest.mark.postgres

BRIEF = Bounds(lock=1.0, settle=0.4, route=0.3)


class Wired:
    """A pair whose sides the function reaches over wires that a test cuts."""

    def __init__(self, pair: Pair, wires: dict[Side, Wire]) -> None:
        self.pair = pair
        self.wires = wires

    def connect(self, side: Side) -> Session:
        server = Server("localhost", self.wires[side].port, self.pair.name)
        return Pg8000Session(server, MASTER, self.pair.clusters.authority.pem)

    def cutover(
        self, to: Side, cut: Side, at: tuple[str, str], *, mends: bool, bounds: Bounds = BRIEF
    ) -> dict[str, Any]:
        """Cut over; a side's wire is cut at a message, and mended at once or not at all."""

        def step_in(name: str, when: str, _session: object) -> None:
            if (name, when) == at:
                self.wires[cut].cut()
                if mends:
                    self.wires[cut].mend()

        connect = watched(self.connect, step_in)
        return self.pair.cutover(to, connect=connect, bounds=bounds)


@pytest.fixture
def wired(pair: Pair) -> Iterator[Wired]:
    with contextlib.ExitStack() as stack:
        settings = {side: pair.settings(side) for side in Side}
        wires = {
            side: stack.enter_context(wire(each.host, each.port)) for side, each in settings.items()
        }
        yield Wired(pair, wires)


def test_a_cutover_to_a_side_that_is_down_does_not_begin(wired: Wired) -> None:
    leave = wired.pair.route.active
    rows, route = wired.pair.rows(), wired.pair.route
    wired.wires[other(leave)].cut()
    answer = wired.pair.cutover(other(leave), connect=wired.connect, bounds=BRIEF)
    assert answer["outcome"] == "not_cut_over"
    assert answer["reason"].startswith(f"the {other(leave)} did not answer")
    assert (wired.pair.rows(), wired.pair.route) == (rows, route)
    check_settled(wired.pair, leave)


def test_nobody_can_say_while_the_side_with_the_traffic_is_down(wired: Wired) -> None:
    leave = wired.pair.route.active
    wired.wires[leave].cut()
    for call in (
        lambda: wired.pair.cutover(other(leave), connect=wired.connect, bounds=BRIEF),
        lambda: wired.pair.settle(connect=wired.connect, bounds=BRIEF),
        lambda: wired.pair.actions(wired.connect, bounds=BRIEF).status(),
        lambda: wired.pair.actions(wired.connect, bounds=BRIEF).prepare("again"),
    ):
        with pytest.raises(UnsettledError):
            call()
    check_settled(wired.pair, leave)


@pytest.mark.parametrize(
    "at", [("drain", BEFORE), ("drain", SENT), ("open", BEFORE), ("open", SENT), ("open", AFTER)]
)
def test_a_cutover_to_a_side_that_goes_down_is_undone_at_once(
    wired: Wired, at: tuple[str, str]
) -> None:
    leave = wired.pair.route.active
    may_have_opened = at[0] == "open"
    if may_have_opened:
        with pytest.raises(UnsettledError, match=f"the {other(leave)} did not answer"):
            if at[1] == AFTER:
                cut_when_undoing(wired, leave)
            else:
                wired.cutover(other(leave), other(leave), at, mends=False)
    else:
        answer = wired.cutover(other(leave), other(leave), at, mends=False)
        assert answer["outcome"] == "not_cut_over"
    active = wired.pair.route.active
    # The answer to the message may be faster than the cut.
    assert active is leave or at == ("open", SENT)
    assert wired.pair.admits(active) == (True, True)

    wired.wires[other(leave)].mend()
    assert wired.pair.settle(connect=wired.connect)["active"] == active
    check_settled(wired.pair, active)


def cut_when_undoing(wired: Wired, leave: Side) -> None:
    """Cut the entered side off when it is open, and disturb the decision."""

    def step_in(name: str, when: str, session: Any) -> None:
        if (name, when) == ("decide", BEFORE):
            wired.wires[other(leave)].cut()
            session.close()

    connect = watched(wired.connect, step_in)
    wired.pair.cutover(other(leave), connect=connect, bounds=BRIEF)


@pytest.mark.parametrize(
    "at",
    [
        ("save", AFTER),
        ("fence", BEFORE),
        ("fence", SENT),
        ("fence", AFTER),
        ("read sequences", SENT),
        ("decide", BEFORE),
        ("decide", SENT),
    ],
)
def test_a_lost_connection_to_the_side_that_is_left_is_settled_in_the_same_call(
    wired: Wired, at: tuple[str, str]
) -> None:
    leave = wired.pair.route.active
    answer = wired.cutover(other(leave), leave, at, mends=True, bounds=Bounds(lock=3, settle=5))
    if at != ("decide", SENT):
        assert (answer["outcome"], answer["active"]) == ("not_cut_over", leave)
        assert answer["reason"]
    check_settled(wired.pair, Side(answer["active"]))


def test_a_decision_whose_answer_is_lost_with_the_side_is_completed_later(wired: Wired) -> None:
    leave = wired.pair.route.active
    with pytest.raises(UnsettledError):
        wired.cutover(other(leave), leave, ("decide", SENT), mends=False)
    wired.wires[leave].mend()
    answer = wired.pair.settle(connect=wired.connect)
    check_settled(wired.pair, Side(answer["active"]))


class FailingParameters(WatchedParameters):
    """A client of SSM whose first so many writes do not get through."""

    def __init__(self, client: Any, failures: int) -> None:
        super().__init__(client, self._fail)
        self.failures = failures

    def _fail(self, _name: str, when: str, _session: object) -> None:
        if when == BEFORE and self.failures > 0:
            self.failures -= 1
            raise EndpointConnectionError(endpoint_url="https://ssm")


def test_a_route_that_cannot_be_written_at_first_is_written_again(pair: Pair) -> None:
    leave = pair.route.active
    parameters = FailingParameters(pair.parameters, failures=3)
    answer = pair.cutover(other(leave), parameters=parameters)
    assert (answer["outcome"], parameters.failures) == ("cut_over", 0)
    check_settled(pair, other(leave))


def test_a_decision_whose_route_cannot_be_written_is_completed_by_settle(pair: Pair) -> None:
    leave, route = pair.route.active, pair.route
    parameters = FailingParameters(pair.parameters, failures=1000)
    with pytest.raises(UnsettledError, match=f"decided for the {other(leave)}"):
        pair.cutover(other(leave), parameters=parameters, bounds=BRIEF)
    assert pair.route == route
    assert pair.admits(leave) == (False, False)
    status = pair.actions().status().document()
    assert status["settled"] is False
    answer = pair.settle()
    assert (answer["active"], answer["epoch"]) == (other(leave), status["sides"]["source"]["token"])
    check_settled(pair, other(leave))


def test_nothing_is_touched_while_parameter_store_is_away(pair: Pair) -> None:
    rows, leave = pair.rows(), pair.route.active
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    away = parameter_store(f"http://127.0.0.1:{port}")
    for call in (
        lambda: pair.cutover(other(leave), parameters=away),
        lambda: pair.settle(parameters=away, bounds=BRIEF),
        lambda: pair.actions(parameters=away).prepare("again"),
        lambda: pair.actions(parameters=away).status(),
    ):
        with pytest.raises(UnsettledError, match="cannot be read"):
            call()
    assert pair.rows() == rows
    check_settled(pair, leave)
