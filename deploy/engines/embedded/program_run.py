"""Runs a stack's program against the engine's services until everything it asked for is done."""

import json
import os
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from deploy.engines.embedded.backend import ORGANIZATION
from deploy.engines.embedded.deletes import DeletePhase, undeclared
from deploy.engines.embedded.deployment import Deployment
from deploy.engines.embedded.engine_service import EngineService
from deploy.engines.embedded.monitor import ResourceMonitor
from deploy.engines.embedded.providers import CHANNEL_OPTIONS
from deploy.programs import ProgramLauncher, ProgramRequest, RunningProgram

_PATIENCE = 20.0
"""Seconds that a program is given to end by itself once the engine is through with it."""
_PATIENCE_WHEN_STOPPED = 3.0
_TAIL_LINES = 20


class ProgramRun:
    """One run of one program. Nothing of it outlives `run`, or `abandon`, not even the process."""

    def __init__(
        self,
        deployment: Deployment,
        launcher: ProgramLauncher,
        program: Path,
        environment: Mapping[str, str],
    ) -> None:
        self._deployment = deployment
        self._launcher = launcher
        self._program = program
        self._environment = environment
        self._attention = threading.Event()
        self._declared = threading.Event()
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._server: grpc.Server | None = None
        self._process: RunningProgram | None = None
        self._monitor = ResourceMonitor(deployment, self._program_declared)
        deployment.gate.on_close(self._attention.set)

    def launch(self) -> None:
        """Start the program ahead of `run`: what it asks for waits until then."""
        # An SDK sends at most four calls per parallel operation and keeps each waiting.
        workers = self._deployment.parallel * 4 + 16
        server = grpc.server(ThreadPoolExecutor(workers), options=CHANNEL_OPTIONS)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(self._monitor, server)
        engine_pb2_grpc.add_EngineServicer_to_server(EngineService(self._deployment), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._server = server
        request = self._request(f"127.0.0.1:{port}")
        self._process = self._launcher.launch(request, self._line, self._attention.set)

    def run(self) -> None:
        """Run the program, then delete what it no longer declares. Errors go to the reporter."""
        try:
            if self._process is None:
                self.launch()
            assert self._process is not None
            self._monitor.begin()
            self._drive(self._process)
        finally:
            self._stop_serving()

    def abandon(self) -> None:
        """End a program that was launched and is not to be run. Harmless after `run`."""
        self._deployment.gate.close()
        self._monitor.begin()  # to be told that the gate is closed
        if self._process is not None:
            self._process.kill()
            self._process.wait(_PATIENCE)
        self._stop_serving()

    def _stop_serving(self) -> None:
        self._monitor.release()
        server, self._server = self._server, None
        if server is not None:
            server.stop(grace=None).wait()

    def _drive(self, process: RunningProgram) -> None:
        deployment = self._deployment
        code: int | None = None
        try:
            self._attention.wait()
            deployment.gate.wait_until_idle()
            if self._declared.is_set() and not deployment.reporter.errors:
                DeletePhase(deployment, undeclared(deployment)).run()
        finally:
            self._monitor.release()
            code = self._end(process)
        self._judge(code)

    def _end(self, process: RunningProgram) -> int | None:
        stopped = self._deployment.gate.closed
        code = process.wait(_PATIENCE_WHEN_STOPPED if stopped else _PATIENCE)
        if code is None:
            process.kill()
            process.wait(_PATIENCE)
        self._deployment.gate.close()
        self._deployment.gate.wait_until_idle()
        return code

    def _judge(self, code: int | None) -> None:
        """Report a program that did not end well and did not say so itself."""
        reporter = self._deployment.reporter
        if reporter.errors or self._deployment.gate.cancelled:
            return
        if code is None:
            reporter.error(f"the program did not end within {_PATIENCE:.0f} seconds and was killed")
        elif code != 0 or not self._declared.is_set():
            last = "\n".join(self._tail)
            reporter.error(f"the program ended early, with exit code {code}\n{last}".rstrip())

    def _program_declared(self) -> None:
        self._declared.set()
        self._attention.set()

    def _line(self, line: str) -> None:
        self._tail.append(line)
        if line:
            self._deployment.reporter.diagnostic("info", line, self._deployment.stack_urn)

    def _request(self, address: str) -> ProgramRequest:
        deployment = self._deployment
        settings: dict[str, Any] = {
            "monitor": address,
            "engine": address,
            "project": deployment.project,
            "stack": deployment.stack,
            "parallel": deployment.parallel,
            "dry_run": deployment.dry_run,
            "organization": ORGANIZATION,
            "root_directory": str(deployment.directory),
        }
        environment = {
            **os.environ,
            **self._environment,
            "PULUMI_CONFIG": json.dumps(dict(deployment.config.values)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(deployment.config.secret_keys)),
        }
        return ProgramRequest(self._program, deployment.directory, settings, environment)
