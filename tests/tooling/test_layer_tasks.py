"""The tasks on layers, as invoke and the documentation know them."""

import re
from typing import Any

import pytest
import yaml
from invoke import Collection

from tooling import layer_tasks
from tooling.checkout import REPOSITORY

TASKS: dict[str, Any] = Collection.from_module(layer_tasks).tasks
WORKFLOW = REPOSITORY / "docs" / "examples" / "github-actions.yml"
SELECTION = {"--affected", "--with-dependencies", "--with-dependents"}


def _options(task: str) -> set[str]:
    return {f"--{argument.name.replace('_', '-')}" for argument in TASKS[task].get_arguments()}


@pytest.mark.parametrize("task", sorted(set(TASKS) - {"outputs"}))
def test_every_task_on_layers_takes_a_selection(task: str) -> None:
    assert _options(task) >= SELECTION


@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_task_explains_itself_with_an_example(task: str) -> None:
    document = TASKS[task].__doc__ or ""

    assert f"invoke {task.replace('_', '-')}" in document.partition("Example: ")[2]


@pytest.mark.parametrize("task", ["deploy", "deploy-all", "destroy", "destroy-all"])
def test_what_changes_something_can_be_confirmed_in_advance(task: str) -> None:
    assert "--yes" in _options(task)


def test_options_without_a_value_are_told_apart_from_those_with_one() -> None:
    flags = {
        f"--{argument.name.replace('_', '-')}"
        for task in TASKS.values()
        for argument in task.get_arguments()
        if argument.kind is bool
    }

    assert flags <= layer_tasks.FLAGS


def test_the_workflow_example_uses_tasks_and_options_that_exist() -> None:
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert commands

    for command in commands:
        [task] = re.findall(r"uv run invoke ([a-z-]+)", command)
        used = set(re.findall(r"(--[a-z-]+)", command))
        assert used <= _options(task), command
        assert used >= {"--report", "--junit"}
