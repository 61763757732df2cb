"""Reads drift out of what the CLI tells of a refresh that changes nothing."""

from pulumi.automation import EngineEvent, OpType, StepEventMetadata

from deploy.engines.cli.translation import Translator, readable, reported
from deploy.engines.drift import ResourceDrift, property_drifts
from deploy.engines.embedded import urns
from deploy.engines.embedded.paths import parse
from deploy.engines.embedded.values import contains_secret, simplify
from deploy.events import Listener, Operation, Phase


class DriftTranslator(Translator):
    """Hears one `pulumi refresh --preview-only` and gathers the resources that differ."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(listener)
        self._drifts: list[ResourceDrift] = []

    @property
    def drifts(self) -> tuple[ResourceDrift, ...]:
        """The resources that are not as recorded, in the order in which they were read."""
        return tuple(self._drifts)

    def hear(self, event: EngineEvent) -> None:
        """Take one event: what a step of a refresh ends as tells what was found."""
        if event.res_outputs_event is None:
            super().hear(event)
            return
        step = event.res_outputs_event.metadata
        if not reported(step):
            return
        drift = _drift(step)
        if drift is not None:
            self._drifts.append(drift)
        self.resource(step, Operation.READ, Phase.FINISHED)


def _drift(step: StepEventMetadata) -> ResourceDrift | None:
    name = urns.name(step.urn)
    if step.op is OpType.DELETE:
        return ResourceDrift(step.urn, step.type, name, True, ())
    if step.op is not OpType.UPDATE or step.old is None or step.new is None or not step.diffs:
        return None
    recorded, live = readable(step.old.inputs), readable(step.new.inputs)
    names = {str(parse(path)[0]) for path in step.diffs}
    secret_names = frozenset(each for each in names if contains_secret(recorded.get(each)))
    properties = property_drifts(simplify(recorded), simplify(live), names, secret_names)
    return ResourceDrift(step.urn, step.type, name, False, properties)
