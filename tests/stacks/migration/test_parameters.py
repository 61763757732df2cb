"""The parameters by which a migration is steered."""

from tests.stacks.program import Recording

FLAGS = {
    "/payments/test/workflow/rotation_paused": "false",
    "/payments/test/workflow/run": "none",
    "/payments/test/rollback/requested": "false",
    "/payments/test/rollback/reason": "none",
    "/payments/test/rollback/armed": "false",
}


def test_deploying_again_leaves_flags_as_the_workflows_have_set_them(migration: Recording) -> None:
    kept = {
        parameter.name: parameter.inputs["value"]
        for parameter in migration.of_type("Parameter")
        if parameter.ignore_changes == ("value",)
    }

    assert kept == FLAGS


def test_thresholds_are_numbers_or_flags_under_the_workflows_hierarchy(
    recordings: dict[str, Recording],
) -> None:
    path = "/payments/test/workflow/"
    values = {
        parameter.name.removeprefix(path): parameter.inputs["value"]
        for layer in ("data", "migration")
        for parameter in recordings[layer].of_type("Parameter")
        if parameter.name.startswith(path) and parameter.name not in FLAGS
    }

    assert {"cutover_deadline_seconds", "fence_attempts", "sequence_margin"} <= values.keys()
    assert {"maximum_lag_seconds", "lag_samples", "cutover_attempts"} <= values.keys()
    assert values.pop("compare_after_cutover") == "true"
    assert all(value.isdecimal() for value in values.values())
