"""Ctrl-C, with real signals."""

import os
import signal
import threading

import pytest

from deploy.interrupts import on_interrupt


def test_the_first_interrupt_asks_for_a_clean_end() -> None:
    cancelled = threading.Event()

    with on_interrupt(cancelled.set):
        os.kill(os.getpid(), signal.SIGINT)
        assert cancelled.wait(timeout=10)


def test_the_second_interrupt_stops_at_once() -> None:
    cancelled = threading.Event()

    with on_interrupt(cancelled.set), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        assert cancelled.wait(timeout=10)
        os.kill(os.getpid(), signal.SIGINT)


def test_the_earlier_handler_is_back_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)

    with on_interrupt(lambda: None):
        pass

    assert signal.getsignal(signal.SIGINT) is before
