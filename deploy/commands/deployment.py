"""Deploys layers, or previews it, once it is clear which, with their programs warming up."""

from dataclasses import dataclass
from functools import cached_property

from deploy import readiness
from deploy.aws import required_output
from deploy.commands.flat_outputs import write_outputs
from deploy.commands.run import Mode, Runner, Session
from deploy.commands.session import Opened
from deploy.compatibility import Compatibility
from deploy.confirm import Question
from deploy.dispatch import Work, carry_out, look_ahead
from deploy.engines.interface import LayerStack
from deploy.events import Listener, RunResult
from deploy.inputs import LayerInputs
from deploy.local import LocalEnvironment
from deploy.plan import Plan, Step, plan_deploy, without
from deploy.provenance import Bookkeeper, Pending, outputs_digests, pending
from deploy.recorded import Recorded
from deploy.records import Records
from deploy.resume import done_layers
from deploy.workspaces import LaptopWorkspace
from shared.contracts import EdgeOutputs


@dataclass
class Deployment:
    """One `deploy` or `preview` command on an environment that it holds."""

    opened: Opened

    def run(self) -> int:
        """Deploy, after a preview and a confirmation where one is due; return the exit status."""
        request, options = self.opened.request, self.opened.request.options
        if not request.selection.layers:
            return 0
        readiness.check(request.selection.layers, request.target)
        before = self.opened.workspace.recorded()
        self.plan(before)  # refuses before anything is started
        confirming = not request.target.is_local or options.allow_breaking
        if confirming and not options.yes:
            self._question().check_terminal()  # before the time that a preview takes
        with self.opened.session() as session:
            recorded = self._recorded_after_start(before)
            plan, done = self._resumed(self.plan(recorded), recorded)
            if done:
                session.note(f"done before and unchanged: {', '.join(done)}")
            if plan.steps and confirming and not options.yes:
                status = self._preview(session, plan, recorded)
                if status:
                    return status
                self._question().ask()
            status = self._deploy(session, plan, recorded, done)
            write_outputs(session)
            self._tell_how_to_call(session, status)
            return status

    def preview(self) -> int:
        """Tell what deploying would do, on placeholders where nothing is deployed yet."""
        request = self.opened.request
        if not request.selection.layers:
            return 0
        readiness.check(request.selection.layers, request.target)
        before = self.opened.workspace.recorded()  # refuses an unreadable state
        with self.opened.session() as session:
            recorded = self._recorded_after_start(before)
            return self._preview(session, self.plan(recorded, on_placeholders=True), recorded)

    def plan(self, recorded: Recorded, *, on_placeholders: bool = False) -> Plan:
        """Return the plan that is previewed, shown and executed. Raises UsageError."""
        request = self.opened.request
        return plan_deploy(
            request.graph,
            request.selection.layers,
            request.target.name,
            recorded.deployed(),
            recorded.complete(),
            faults=recorded.faults(),
            on_placeholders=on_placeholders,
        )

    def _recorded_after_start(self, before: Recorded) -> Recorded:
        """Return what is recorded now: a laptop cloud that was started has nothing in it."""
        local = self.opened.request.target.is_local
        return self.opened.workspace.recorded() if local else before

    def _resumed(self, plan: Plan, recorded: Recorded) -> tuple[Plan, list[str]]:
        if not self.opened.request.options.resume:
            return plan, []
        changed = {layer: self._pending(layer, recorded) for layer in plan.layers}
        done = done_layers(plan, recorded.complete(), changed)
        return without(plan, done), [layer for layer in plan.layers if layer in done]

    def _preview(self, session: Session, plan: Plan, recorded: Recorded) -> int:
        work = self._compatibility(plan, recorded).of_preview(look_ahead)
        return Runner(session, plan, Mode.PREVIEW, work).run()

    def _deploy(self, session: Session, plan: Plan, recorded: Recorded, done: list[str]) -> int:
        work = self._compatibility(plan, recorded).of_deployment(carry_out)
        books = Bookkeeper(
            self._records,
            self.opened.request.graph,
            self._inputs,
            session.engine.name,
            session.commit,
            self.opened.workspace.state_of,
            {layer: state.outputs for layer, state in recorded.states.items()},
        )
        return Runner(session, plan, Mode.DEPLOY, self._completed(work), books, done).run()

    def _completed(self, work: Work) -> Work:
        """Return the work with what belongs to a layer's deployment and is no resource of it."""

        def deploy(step: Step, stack: LayerStack, listener: Listener) -> RunResult:
            run = work(step, stack, listener)
            if run.ok:
                self.opened.workspace.deployed(step.layer, run)
            return run

        return deploy

    def _compatibility(self, plan: Plan, recorded: Recorded) -> Compatibility:
        unchanged = {
            layer
            for layer in plan.layers
            if layer in recorded.states
            and (record := self._records.of(layer)) is not None
            and record.inputs == self._inputs.digests(layer)
            and not self._pending(layer, recorded).elsewhere
        }
        return Compatibility(
            self.opened.request.graph,
            recorded.states,
            frozenset(unchanged),
            allowed=self.opened.request.options.allow_breaking,
        )

    def _pending(self, layer: str, recorded: Recorded) -> Pending:
        upstream = self.opened.request.graph.edges[layer]
        return pending(
            self._records.of(layer),
            self._inputs.digests(layer),
            outputs_digests(
                {name: state.outputs for name, state in recorded.states.items()}, upstream
            ),
            recorded.states.get(layer),
        )

    @cached_property
    def _records(self) -> Records:
        return Records(self.opened.request.target.home)

    @cached_property
    def _inputs(self) -> LayerInputs:
        return LayerInputs(self.opened.request.target.name)

    def _question(self) -> Question:
        request = self.opened.request
        return Question(
            f"deploy {', '.join(request.selection.layers)} to {request.target.name}",
            request.options.typed(),
            request.target.confirmation,
        )

    def _tell_how_to_call(self, session: Session, status: int) -> None:
        workspace = self.opened.workspace
        if status or not isinstance(workspace, LaptopWorkspace):
            return
        if EdgeOutputs.layer in workspace.recorded().complete():
            print_how_to_call(session, workspace.environment)


def print_how_to_call(session: Session, environment: LocalEnvironment) -> None:
    """Print the API's URL and a curl that makes a payment, ready to paste."""
    from deploy.tokens import fresh_token  # loads slowly, and is needed at the very end

    url = required_output(environment, EdgeOutputs.layer, "api_url")
    cloud = environment.cloud.info()
    if cloud is None:
        return
    session.note(f"API:      {url}")
    session.note(
        "try it:\n"
        f"curl -X POST {url}/payments \\\n"
        f'  -H "Authorization: Bearer {fresh_token(cloud)}" \\\n'
        '  -H "Idempotency-Key: first-payment" -H "Content-Type: application/json" \\\n'
        '  -d \'{"amount":"12.50","currency":"SGD","reference":"invoice 1001"}\''
    )
