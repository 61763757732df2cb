"""What the servers of one service share, and how PostgreSQL's programs are run for them."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from localcloud.databases.account import ServerAccount
from localcloud.databases.binaries import Distribution
from localcloud.databases.errors import DatabaseServerError

PROGRAM_SECONDS = 600.0


@dataclass(frozen=True)
class Host:
    """What all servers of one service share.

    ``launcher`` has exactly one thread, which lives as long as the service: the kernel sends a
    child's death signal when the *thread* that started it ends (prctl(2)).
    """

    account: ServerAccount
    sockets: Path
    launcher: ThreadPoolExecutor

    def run(self, distribution: Distribution, words: list[str]) -> None:
        """Run one of PostgreSQL's programs to its end.

        Raises DatabaseServerError with its output when it fails or takes too long.
        """
        program = Path(words[0]).name
        try:
            result = subprocess.run(
                self.account.command(words),
                env=self._environment(distribution),
                cwd=self.sockets,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=PROGRAM_SECONDS,
                **self.account.switch,
            )
        except subprocess.TimeoutExpired as late:
            raise DatabaseServerError(f"{program} took over {late.timeout:.0f} s") from late
        if result.returncode != 0:
            output = (result.stdout + result.stderr).strip()
            raise DatabaseServerError(f"{program} failed: {output}")

    def launch(
        self, distribution: Distribution, words: list[str], log: Path
    ) -> "subprocess.Popen[bytes]":
        """Start a server process whose output goes to the end of ``log``."""

        def start() -> "subprocess.Popen[bytes]":
            with log.open("ab") as output:
                return subprocess.Popen(
                    self.account.command(words),
                    env=self._environment(distribution),
                    cwd=self.sockets,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    **self.account.switch,
                )

        return self.launcher.submit(start).result()

    def _environment(self, distribution: Distribution) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.sockets),
            "LC_ALL": "C.UTF-8",
            **distribution.environment(),
        }
