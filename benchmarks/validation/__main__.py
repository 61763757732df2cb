"""Measures data validation against two other tools and against what PostgreSQL itself needs.

Starts one server of each major version on free ports, in a temporary folder, and ends them after.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.validation import dataset, peers
from benchmarks.validation.contestants import Contestant
from benchmarks.validation.corpus_check import check_ours, check_peer
from benchmarks.validation.corpus_setup import load_corpus
from benchmarks.validation.corpus_table import print_corpus
from benchmarks.validation.measuring import measure
from benchmarks.validation.peers import DEFAULT, FASTEST_DIFFERENT, FASTEST_EQUAL, Peer, Settings
from benchmarks.validation.results import FLOOR, OURS, comparison_table, failure_lines, goal_lines
from benchmarks.validation.servers import Servers, running_servers

_WIDTH = 130


def main() -> None:
    """Measure what the command line asks for, and print it."""
    arguments = _parse(sys.argv[1:])
    console = Console(width=_WIDTH, highlight=False, emoji=False, markup=False)
    with running_servers() as servers:
        versions = servers.versions()
        console.print(
            f"PostgreSQL {versions['source']} and {versions['target']}, {os.cpu_count()} cores, "
            f"load of the machine {os.getloadavg()[0]:.1f}"
        )
        installed = _install(servers.folder, console)
        for rows in arguments.rows:
            _measure_rows(servers, rows, arguments.rounds, installed, console)
        if not arguments.no_corpus:
            _check_corpus(servers, installed, console)


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.validation", description=__doc__)
    parser.add_argument(
        "--rows", type=_numbers, default=(1_000_000, 5_000_000), help="table sizes, with commas"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of every contestant and scenario")
    parser.add_argument("--no-corpus", action="store_true", help="leave the corpus out")
    parser.add_argument("--quick", action="store_true", help="one round of 100,000 rows")
    arguments = parser.parse_args(words)
    if arguments.quick:
        arguments.rows, arguments.rounds = (100_000,), 1
    if arguments.rounds < 1 or min(arguments.rows) < dataset.SCATTERED_DIFFERENCES:
        parser.error(f"at least 1 round and {dataset.SCATTERED_DIFFERENCES} rows")
    return arguments


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def _install(folder: Path, console: Console) -> dict[Peer, Path]:
    installed = {}
    for peer in peers.PEERS:
        try:
            installed[peer] = peers.install(peer, folder)
        except peers.PeerUnavailableError as reason:
            console.print(f"left out: {reason}")
    return installed


def _measure_rows(
    servers: Servers, rows: int, rounds: int, installed: dict[Peer, Path], console: Console
) -> None:
    data = dataset.load(servers, rows)
    planted: dict[int, str] = {}
    for different in (False, True):
        if different:
            planted = dataset.plant_differences(data)
        settings = FASTEST_DIFFERENT if different else FASTEST_EQUAL
        contestants = [_ours(), _floor(None), _floor(0)]
        for setting in (settings, DEFAULT):
            contestants += [_peer(peer, path, setting) for peer, path in installed.items()]
        results = measure(contestants, data, rounds, servers, _tell)
        what = f"{len(planted)} scattered differences" if different else "equal"
        console.print(comparison_table(f"{rows:,} rows, {what}", rows, results, planted))
        for line in (*failure_lines(results), *goal_lines(results, different=different)):
            console.print(line)
        console.print()
    servers.drop_database(data.database)


def _check_corpus(servers: Servers, installed: dict[Peer, Path], console: Console) -> None:
    corpus = load_corpus(servers)
    results = {OURS: check_ours(corpus)}
    for peer, path in installed.items():
        results[peer.name] = check_peer(_peer(peer, path, DEFAULT), corpus, servers)
    print_corpus(console, corpus, results)


def _ours() -> Contestant:
    return Contestant(OURS, (sys.executable, "-m", "benchmarks.validation.ours_worker"))


def _floor(workers: int | None) -> Contestant:
    return Contestant(
        FLOOR if workers is None else f"{FLOOR}, no parallel workers",
        (sys.executable, "-m", "benchmarks.validation.floor_worker"),
        settings={"workers": workers},
        names_rows=False,
    )


def _peer(peer: Peer, interpreter: Path, settings: Settings) -> Contestant:
    label = ", by default" if settings == DEFAULT else f", {settings.threads} threads"
    return peers.contestant(peer, interpreter, settings, label=label)


def _tell(event: str) -> None:
    """Show progress where it is not a part of the output."""
    print(event, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
