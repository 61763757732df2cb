"""What fails is reported once, where it failed; what was done is kept, and the next run goes on."""

from concurrent.futures import ThreadPoolExecutor

from deploy.events import Operation, Phase
from tests.deploy.engines.embedded.memory_cloud import MemoryCloud
from tests.deploy.engines.embedded.scenario import Scenario, wait_until

CHAIN = """
a = Thing("a")
b = Thing("b", uses=a.id)
c = Thing("c", uses=b.id)
pulumi.export("c", c.arn)
"""


def test_a_failed_creation_stops_the_run_and_keeps_what_was_made(scenario: Scenario) -> None:
    scenario.cloud.faults["create", "b"] = "quota exceeded"
    run = scenario.up(CHAIN)
    (error,) = run.result.errors
    assert (error.message, error.type, error.name) == ("quota exceeded", "test:index:Thing", "b")
    assert run.operations(Phase.FAILED) == [("create", "b")]
    assert run.result.counts == {Operation.CREATE: 1}
    assert not run.result.cancelled
    scenario.cloud.faults.clear()
    again = scenario.up()
    assert again.result.counts == {Operation.SAME: 1, Operation.CREATE: 2}
    assert len(scenario.cloud.things) == 3


def test_a_failed_run_deletes_nothing_and_keeps_old_outputs(scenario: Scenario) -> None:
    scenario.up('Thing("old")\npulumi.export("kept", 1)')
    scenario.cloud.faults["create", "b"] = "quota exceeded"
    run = scenario.up(CHAIN)
    assert not run.result.ok
    assert run.result.outputs["kept"] == 1
    assert scenario.cloud.calls["delete", "old"] == 0


def test_others_that_run_when_one_fails_are_finished_and_recorded(scenario: Scenario) -> None:
    hold = scenario.cloud.hold("create", "slow")
    scenario.cloud.hold("create", "bad")
    scenario.cloud.faults["create", "bad"] = "refused"
    scenario.write('Thing("slow")\nThing("bad")')
    with ThreadPoolExecutor() as pool:
        running = pool.submit(scenario.up)
        wait_until(lambda: scenario.cloud.concurrent == 2)
        scenario.cloud.release("create", "bad")
        wait_until(lambda: scenario.cloud.concurrent == 1)
        hold.released.set()
        run = running.result()
    assert run.error == "refused"
    assert scenario.state().resource_count == 1
    assert scenario.state().pending_operations == ()


def test_a_failed_update_is_tried_again(scenario: Scenario) -> None:
    scenario.up('Thing("a", size=1)')
    scenario.cloud.faults["update", "a"] = "busy"
    assert scenario.up('Thing("a", size=2)').error == "busy"
    scenario.cloud.faults.clear()
    assert scenario.up().result.counts == {Operation.UPDATE: 1}


def test_a_failed_deletion_keeps_the_resource_in_the_state(scenario: Scenario) -> None:
    scenario.up(CHAIN)
    scenario.cloud.faults["delete", "b"] = "busy"
    run = scenario.destroy()
    assert run.error == "busy"
    assert scenario.cloud.calls["delete", "a"] == 0
    assert scenario.state().resource_count == 2
    scenario.cloud.faults.clear()
    assert scenario.destroy().result.ok
    assert scenario.cloud.things == {}


def test_a_stack_that_is_destroyed_in_part_has_no_outputs_until_it_is_deployed_again(
    scenario: Scenario,
) -> None:
    scenario.up(CHAIN)
    assert scenario.state().outputs.keys() == {"c"}
    scenario.cloud.faults["delete", "a"] = "busy"
    run = scenario.destroy()
    assert run.error == "busy"
    assert run.result.outputs == {}
    assert scenario.state().resource_count == 1
    assert scenario.state().outputs == {}
    scenario.cloud.faults.clear()
    again = scenario.up()
    assert again.result.ok, again.result.errors
    assert scenario.state().outputs == again.result.outputs
    assert again.result.outputs.keys() == {"c"}


def test_what_exists_but_is_not_ready_is_recorded_and_updated_next_time(
    scenario: Scenario,
) -> None:
    scenario.cloud.faults["ready", "a"] = "still starting"
    run = scenario.up('Thing("a", secretnote=pulumi.Output.secret("hush"))')
    assert run.error == "still starting"
    assert scenario.state().resource_count == 1
    assert "hush" not in scenario.state_file.read_text()
    scenario.cloud.faults.clear()
    again = scenario.up()
    assert again.result.counts == {Operation.UPDATE: 1}
    assert [thing.ready for thing in scenario.cloud.things.values()] == [True]
    assert scenario.up().result.changes == 0


def test_inputs_that_the_provider_refuses_are_an_error(scenario: Scenario) -> None:
    run = scenario.up('Thing("a", size="wrong")')
    assert run.error == "test:index:Thing 'a': must be a number (size)"


def test_an_exception_of_the_program_is_one_error_with_its_traceback(scenario: Scenario) -> None:
    run = scenario.up('Thing("a")\ndef helper():\n    raise ValueError("boom")\nhelper()')
    assert "ValueError: boom" in run.error
    assert "in helper" in run.error
    assert "language_host" not in run.error
    assert scenario.cloud.calls["create", "a"] == 1
    assert scenario.state().resource_count == 1


def test_an_exception_inside_apply_is_one_error(scenario: Scenario) -> None:
    run = scenario.up('a = Thing("a")\npulumi.export("x", a.arn.apply(lambda arn: 1 / 0))')
    assert "ZeroDivisionError" in run.error


def test_a_syntax_error_is_one_error(scenario: Scenario) -> None:
    assert "SyntaxError" in scenario.up("def broken(:").error


def test_a_program_that_just_exits_is_an_error_and_deletes_nothing(scenario: Scenario) -> None:
    scenario.up('Thing("a")')
    run = scenario.up('import sys\nprint("bye")\nsys.exit(0)')
    assert "ended early, with exit code 0" in run.error
    assert "bye" in run.error
    assert len(scenario.cloud.things) == 1


def test_a_program_that_is_killed_is_an_error(scenario: Scenario) -> None:
    run = scenario.up("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert "ended early" in run.error


def test_a_missing_program_is_an_error(scenario: Scenario) -> None:
    scenario.write("")
    (scenario.directory / "__main__.py").unlink()
    assert "no __main__.py" in scenario.up().error


def test_output_and_log_lines_of_the_program_become_diagnostics(scenario: Scenario) -> None:
    run = scenario.up('print("hello\\n\\nthere")\npulumi.log.warn("careful")')
    assert sorted(run.lines()) == ["careful", "hello", "there"]


def test_an_error_that_the_program_logs_fails_the_run(scenario: Scenario) -> None:
    scenario.up('Thing("a")')
    run = scenario.up('pulumi.log.error("not like this")')
    assert run.error == "not like this"
    assert len(scenario.cloud.things) == 1


def test_cancelling_finishes_what_runs_and_begins_nothing_else(scenario: Scenario) -> None:
    hold = scenario.cloud.hold("create", "b")
    scenario.write(CHAIN)
    stack = scenario.stack()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(stack.up, lambda event: None)
        assert hold.arrived.wait(20)
        stack.cancel()
        hold.released.set()
        result = running.result()
    assert result.cancelled
    assert not result.ok
    assert result.errors == ()
    assert scenario.cloud.calls["create", "c"] == 0
    assert scenario.state().resource_count == 2
    assert scenario.state().pending_operations == ()
    assert scenario.up().result.counts == {Operation.SAME: 2, Operation.CREATE: 1}


def test_cancelling_a_program_that_hangs_ends_it(scenario: Scenario) -> None:
    scenario.write('Thing("a")\nprint("here", flush=True)\nimport time\ntime.sleep(3600)')
    stack = scenario.stack()
    seen: list[str] = []
    with ThreadPoolExecutor() as pool:
        running = pool.submit(stack.up, lambda event: seen.append(str(event)))
        wait_until(lambda: any("here" in line for line in seen))
        stack.cancel()
        assert running.result().cancelled


def test_cancelling_nothing_is_harmless(scenario: Scenario) -> None:
    scenario.write(CHAIN)
    scenario.stack().cancel()
    assert scenario.up().result.ok


def test_a_provider_that_stops_in_the_middle_leaves_the_operation_pending(
    scenario: Scenario,
) -> None:
    cloud = MemoryCloud()
    hold = cloud.hold("create", "a")
    scenario.write('Thing("a")')
    with ThreadPoolExecutor() as pool:
        with cloud.serve() as scenario.address:
            running = pool.submit(scenario.up)
            assert hold.arrived.wait(20)
        assert "does not answer" in running.result().error
    assert len(scenario.state().pending_operations) == 1
    with cloud.serve() as scenario.address:
        run = scenario.up()
    assert run.result.ok, run.result.errors
    assert len(cloud.things) == 1
