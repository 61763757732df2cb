"""What follows a refused statement is decided by the failure, the route and the time left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.payments.routing import (
    Decision,
    Failure,
    GiveUp,
    Patience,
    Repeat,
    decide,
    failure_of,
)
from functions.runtime.errors import DatabaseError, LoginFailedError, classify
from functions.runtime.route import Route, Side

OLD = Route(Side.SOURCE, 1)
NEW = Route(Side.TARGET, 2)
PATIENCE = Patience()


def decision(
    failure: Failure,
    *,
    attempts: int = 2,
    elapsed: float = 0.1,
    remaining: float = 20.0,
    fresh: Route = OLD,
) -> Decision:
    return decide(
        failure,
        attempts=attempts,
        elapsed=elapsed,
        remaining=remaining,
        tried=OLD,
        fresh=fresh,
        patience=PATIENCE,
    )


@pytest.mark.parametrize(
    ("sqlstate", "failure"),
    [
        ("25006", Failure.FENCED),
        ("42501", Failure.FENCED),
        ("57P01", Failure.UNAVAILABLE),
        ("57P02", Failure.UNAVAILABLE),
        ("57P03", Failure.UNAVAILABLE),
        ("08006", Failure.UNAVAILABLE),
        ("53300", Failure.UNAVAILABLE),
        ("57014", Failure.CONTENDED),
        ("40001", Failure.CONTENDED),
        ("40P01", Failure.CONTENDED),
        ("28P01", None),
        ("23505", None),
        ("42P01", None),
    ],
)
def test_a_sqlstate_says_whether_a_repeat_may_help(sqlstate: str, failure: Failure | None) -> None:
    assert failure_of(classify(sqlstate)("refused", sqlstate)) is failure


def test_an_error_without_meaning_is_not_repeated() -> None:
    assert failure_of(DatabaseError("odd")) is None
    assert failure_of(LoginFailedError("no")) is None


@pytest.mark.parametrize("failure", list(Failure))
def test_a_newer_route_is_followed_at_once_even_when_patience_is_over(failure: Failure) -> None:
    assert decision(failure, elapsed=15.0, remaining=5.0, fresh=NEW) == Repeat(0.0)


@pytest.mark.parametrize("failure", list(Failure))
def test_nothing_is_repeated_when_the_invocation_has_no_time_left(failure: Failure) -> None:
    assert decision(failure, attempts=1, remaining=0.0, fresh=NEW) == GiveUp()
    assert decision(failure, attempts=1, remaining=-1.0) == GiveUp()


@pytest.mark.parametrize("failure", list(Failure))
def test_each_failure_is_given_up_when_its_patience_is_over(failure: Failure) -> None:
    limit = PATIENCE.limit(failure)
    assert decision(failure, elapsed=limit) == GiveUp()
    assert isinstance(decision(failure, elapsed=limit / 2), Repeat)


def test_a_fence_is_waited_for_longer_than_a_server_that_is_gone() -> None:
    assert PATIENCE.limit(Failure.FENCED) > PATIENCE.limit(Failure.UNAVAILABLE)


def test_the_first_loss_of_a_connection_is_repeated_at_once() -> None:
    assert decision(Failure.UNAVAILABLE, attempts=1) == Repeat(0.0)


def test_delays_double_up_to_the_longest() -> None:
    delays = [decision(Failure.FENCED, attempts=n) for n in range(1, 8)]
    assert delays == [Repeat(d) for d in (0.02, 0.04, 0.08, 0.16, 0.2, 0.2, 0.2)]


@given(
    st.sampled_from(list(Failure)),
    st.integers(1, 10_000),
    st.floats(0, 60),
    st.floats(-5, 30),
    st.sampled_from([OLD, NEW]),
)
def test_no_delay_outlasts_the_time_that_is_left(
    failure: Failure, attempts: int, elapsed: float, remaining: float, fresh: Route
) -> None:
    result = decision(failure, attempts=attempts, elapsed=elapsed, remaining=remaining, fresh=fresh)
    if isinstance(result, Repeat):
        assert 0 <= result.delay < remaining
        assert result.delay <= PATIENCE.longest_delay
