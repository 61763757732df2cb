"""A run as JUnit XML: one test case a layer, as every CI system shows it.

A layer that failed is a ``failure``; one that was not started because of another is an ``error``
of the type ``blocked``, one that was cut short an ``error`` of the type ``interrupted``; one that
a resumed run left out is ``skipped``. Layers that drifted are failures of the type ``drift``.
Source: the schema of Jenkins' xUnit plugin, junit-10.xsd.
"""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from deploy.engines.interface import ResourceDrift
from deploy.run_report import FinishedRun
from deploy.scheduler import Outcome, StepResult

_LOG_LINES = 200
_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""What XML 1.0 (section 2.2, "Characters") has no place for."""


def as_xml(run: FinishedRun) -> ElementTree.Element:
    """Return the run as a `testsuites` element."""
    cases = [_left_out(run, layer) for layer in run.done_before]
    cases += [_case(run, result) for result in run.results]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{run.seconds:.3f}",
    }
    name = f"{run.command} {run.environment}"
    suites = ElementTree.Element("testsuites", {"name": name, **counts})
    suite = ElementTree.SubElement(
        suites, "testsuite", {"name": name, "timestamp": run.started, **counts}
    )
    suite.extend(cases)
    return suites


def write(run: FinishedRun, path: Path) -> None:
    """Write the run to a file."""
    tree = ElementTree.ElementTree(as_xml(run))
    ElementTree.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def drift_lines(resource: ResourceDrift) -> list[str]:
    """Return what differs at one resource, a line a property."""
    title = f"{resource.name} ({resource.type})"
    if resource.missing:
        return [f"{title}: is recorded and no longer exists"]
    return [
        f"{title}: {item.path} is {item.live!r}, recorded as {item.recorded!r}"
        for item in resource.properties
    ]


def _left_out(run: FinishedRun, layer: str) -> ElementTree.Element:
    case = _element(run, layer, 0.0)
    _add(case, "skipped", message="done before, and nothing that it is made from has changed")
    return case


def _case(run: FinishedRun, result: StepResult) -> ElementTree.Element:
    layer = result.step.layer
    case = _element(run, layer, result.run.seconds if result.run else 0.0)
    _add_outcome(case, result)
    drift = run.drifts.get(layer)
    if drift is not None and drift.resources:
        lines = [line for resource in drift.resources for line in drift_lines(resource)]
        message = f"{len(drift.resources)} resources are not as recorded"
        _add(case, "failure", "\n".join(lines), type="drift", message=message)
    if result.outcome is Outcome.FAILED and layer in run.logs and run.logs[layer].exists():
        lines = run.logs[layer].read_text(encoding="utf-8").splitlines()[-_LOG_LINES:]
        _add(case, "system-out", "\n".join(lines))
    return case


def _add_outcome(case: ElementTree.Element, result: StepResult) -> None:
    if result.outcome is Outcome.FAILED and result.run is not None:
        messages = [
            f"{error.name} ({error.type}): {error.message}" if error.name else error.message
            for error in result.run.errors
        ]
        first = messages[0].strip().partition("\n")[0] if messages else "failed"
        _add(case, "failure", "\n".join(messages), type="failed", message=first)
    elif result.outcome is Outcome.BLOCKED:
        message = f"not started: it needs {result.cause}, which failed"
        _add(case, "error", type="blocked", message=message)
    elif result.outcome is Outcome.CANCELLED:
        message = "not started" if result.run is None else "stopped before it was done"
        _add(case, "error", type="interrupted", message=message)


def _element(run: FinishedRun, layer: str, seconds: float) -> ElementTree.Element:
    attributes = {
        "classname": f"{run.mode}.{run.environment}",
        "name": layer,
        "time": f"{seconds:.3f}",
    }
    return ElementTree.Element("testcase", attributes)


def _add(case: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> None:
    clean = {key: _NOT_XML.sub("�", value) for key, value in attributes.items()}
    ElementTree.SubElement(case, tag, clean).text = _NOT_XML.sub("�", text) or None
