"""Runs contestants in turn, so that a slow minute of the machine hits them all alike."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from benchmarks.validation import dataset
from benchmarks.validation.contestants import Answer, Contestant, Request
from benchmarks.validation.dataset import Dataset
from benchmarks.validation.servers import Servers

LARGE = 1_000_000
"""Above as many rows, some contestants run fewer rounds."""

Progress = Callable[[str], None]


@dataclass
class Measured:
    """What one contestant answered, round by round."""

    contestant: Contestant
    answers: list[Answer] = field(default_factory=list)

    @property
    def error(self) -> str | None:
        """The first failure."""
        return next((answer.error for answer in self.answers if answer.error), None)

    @property
    def seconds(self) -> list[float]:
        """From connect to verdict, in every round."""
        return [answer.seconds for answer in self.answers]

    @property
    def typical(self) -> float:
        """The median of the seconds."""
        return median(self.seconds)

    @property
    def server_seconds(self) -> float:
        """The median of the servers' processor time."""
        return median(answer.server_seconds for answer in self.answers)

    def verdict(self, planted: Collection[int]) -> str:
        """Say in words what the contestant found, against the keys that really differ."""
        return " / ".join(dict.fromkeys(self._verdict(answer, planted) for answer in self.answers))

    def _verdict(self, answer: Answer, planted: Collection[int]) -> str:
        if answer.equal == bool(planted):
            return "wrong: " + ("equal" if answer.equal else "different")
        if not planted:
            return "equal"
        if not self.contestant.names_rows:
            return "different"
        found = {row.key for row in answer.found if row.kind == "different"}
        true = {(str(key),) for key in planted}
        invented = len(answer.found) - len(found & true)
        return f"{len(found & true)} of {len(true)}" + (f", {invented} invented" * bool(invented))


def measure(
    contestants: Sequence[Contestant],
    data: Dataset,
    rounds: int,
    servers: Servers,
    progress: Progress,
) -> list[Measured]:
    """Let everyone compare the table `rounds` times, every other round in the reverse order."""
    taking_part = [
        Measured(one) for one in contestants if one.largest is None or data.rows <= one.largest
    ]
    request = Request(
        data.database.source,
        data.database.target,
        dataset.SCHEMA,
        dataset.TABLE,
        dataset.KEY,
        dataset.COLUMNS,
    )
    for number in range(rounds):
        for measured in taking_part[:: -1 if number % 2 else 1]:
            if number >= _rounds(measured.contestant, data.rows, rounds) or measured.error:
                continue
            name = measured.contestant.name
            before = servers.cpu_seconds(data.database)
            answer = measured.contestant.compare(request, servers.folder / f"{name}.log")
            used = servers.cpu_seconds(data.database) - before
            answer = replace(answer, server_seconds=used)
            measured.answers.append(answer)
            progress(f"round {number + 1}: {name}: {answer.error or f'{answer.seconds:.2f} s'}")
    return taking_part


def _rounds(contestant: Contestant, rows: int, rounds: int) -> int:
    if rows <= LARGE or contestant.rounds_when_large is None:
        return rounds
    return min(rounds, contestant.rounds_when_large)
