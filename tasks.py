"""The project's tasks. `uv run invoke --list` shows them, `invoke --help TASK` explains one.

This file is glue: every task calls one function and turns its result into an exit status:
0 done, 1 something failed (or invoke itself does not know a task or an option), 2 the input is
wrong and nothing was changed, 130 interrupted.
"""

import sys

from invoke import Collection, Context, task
from invoke.main import program

from tooling import layer_tasks
from tooling.arguments import join_positionals
from tooling.bytecode import keep_compiled_modules
from tooling.ending import end_with

keep_compiled_modules()

ENVIRONMENT_HELP = {"environment": "environment to work on (default: local)"}


@task(iterable=["scope"], help={"scope": "scope to ask for; repeatable"} | ENVIRONMENT_HELP)
def token(context: Context, scope: list[str], environment: str = "local") -> None:
    """
    Print a bearer token for the API, valid for an hour.

    Example: invoke token --scope payments:read
    """
    from deploy.commands.access import token

    end_with(lambda: token(scope, environment))


@task(
    positional=["side"],
    help={"side": "source or target", "command": "run this SQL and leave"} | ENVIRONMENT_HELP,
)
def psql(
    context: Context, side: str, command: str | None = None, environment: str = "local"
) -> None:
    """
    Open psql on one of the two clusters, as its master user.

    Example: invoke psql source -c 'select count(*) from payments'
    """
    from deploy.commands.database import psql

    end_with(lambda: psql(side, command, environment))


@task(help={"payments": "how many payments to add"} | ENVIRONMENT_HELP)
def seed(context: Context, payments: str = "1000", environment: str = "local") -> None:
    """
    Add generated payments, with their ledger entries, to the source.

    Example: invoke seed --payments 100000
    """
    from deploy.commands.database import seed

    end_with(lambda: seed(payments, environment))


@task(
    auto_shortflags=False,
    positional=[],
    iterable=["schema", "table", "ignore"],
    help={
        "source_url": "source: postgresql://user:password@host:port/database, or any libpq string",
        "target_url": "target; without both URLs the deployed validation is run",
        "source_replica_url": "replica of the source to read from; rechecks use the source",
        "schema": "only this schema; repeatable",
        "table": "only this table, as payments.accounts; repeatable",
        "replication": "auto (default), none, slot:NAME or sentinel:SCHEMA.TABLE",
        "max_rate": "rows a second to compare at most (default: no limit)",
        "concurrency": "parts of tables compared at the same time (default: 2)",
        "ignore": "kind of schema difference to pass over, such as owner; repeatable",
        "no_schema": "compare rows only",
        "recheck_seconds": "how long a row that differs may take to become equal (default: 60)",
        "statement_timeout": "seconds until a server ends a statement (default: 300)",
        "checkpoint": "folder of the comparison's state: the same command goes on after a stop",
        "run": "name of a deployed run, to follow it again or to go on with it",
        "report": "write the report, JSON, to this file",
    }
    | ENVIRONMENT_HELP,
)
def validate(
    context: Context,
    schema: list[str],
    table: list[str],
    ignore: list[str],
    source_url: str | None = None,
    target_url: str | None = None,
    source_replica_url: str | None = None,
    replication: str | None = None,
    max_rate: str | None = None,
    concurrency: str | None = None,
    no_schema: bool = False,
    recheck_seconds: str | None = None,
    statement_timeout: str | None = None,
    checkpoint: str | None = None,
    run: str | None = None,
    report: str | None = None,
    environment: str = "local",
) -> None:
    """
    Compare two databases by content: exit 0 equal, 1 different, 2 unusable input, 3 unverified.

    Example: invoke validate --source-url "$OLD" --target-url "$NEW" --report report.json
    """
    from validation.command import validate
    from validation.options import Arguments

    arguments = Arguments(
        source_url=source_url,
        target_url=target_url,
        source_replica_url=source_replica_url,
        schema=schema,
        table=table,
        replication=replication,
        max_rate=max_rate,
        concurrency=concurrency,
        ignore=ignore,
        no_schema=no_schema,
        recheck_seconds=recheck_seconds,
        statement_timeout=statement_timeout,
        checkpoint=checkpoint,
        run=run,
        report=report,
        environment=environment,
    )
    end_with(lambda: validate(arguments))


@task(
    auto_shortflags=False,
    help={
        "reason": "why, for the record",
        "run": "name of the run; the name of one that failed goes on from its checkpoints",
        "approval": "wait for --approve before the cutover",
        "approve": "approve the cutover of the migration that runs, once it asks",
        "report": "write what happened, JSON, to this file",
    }
    | ENVIRONMENT_HELP,
)
def migrate(
    context: Context,
    reason: str | None = None,
    run: str | None = None,
    approval: bool = False,
    approve: bool = False,
    report: str | None = None,
    environment: str = "local",
) -> None:
    """
    Move the traffic from source to target, and follow it; one that runs is followed again.

    Example: invoke migrate --reason 'move to PostgreSQL 17' --report migration.json
    """
    from migration.command import Options, migrate

    options = Options(environment, reason, run, approval, approve, report)
    end_with(lambda: migrate(options))


@task(
    auto_shortflags=False,
    help={
        "reason": "why, for the record; required",
        "run": "name of the run",
        "report": "write what happened, JSON, to this file",
    }
    | ENVIRONMENT_HELP,
)
def rollback(
    context: Context,
    reason: str | None = None,
    run: str | None = None,
    report: str | None = None,
    environment: str = "local",
) -> None:
    """
    Bring the traffic back to the source, whatever a migration has done, and follow it.

    Example: invoke rollback --reason 'a report is slow on the target'
    """
    from migration.command import Options, rollback

    options = Options(environment, reason, run, report=report)
    end_with(lambda: rollback(options))


@task(
    auto_shortflags=False,
    help={"report": "write the latest one's report, JSON, to this file"} | ENVIRONMENT_HELP,
)
def migration_status(
    context: Context, report: str | None = None, environment: str = "local"
) -> None:
    """
    Show the latest migration and the latest rollback.

    Example: invoke migration-status
    """
    from migration.command import Options, status

    options = Options(environment, report=report)
    end_with(lambda: status(options))


@task(help=ENVIRONMENT_HELP)
def local_env(context: Context, environment: str = "local") -> None:
    """
    Print exports that point any AWS client at the laptop cloud.

    Example: eval "$(invoke local-env)" && aws s3 ls
    """
    from deploy.commands.access import local_env

    end_with(lambda: local_env(environment))


@task(help=ENVIRONMENT_HELP)
def local_stop(context: Context, environment: str = "local") -> None:
    """
    Stop the laptop cloud; what was deployed to it is gone.

    Example: invoke local-stop
    """
    from deploy.commands.access import local_stop

    end_with(lambda: local_stop(environment))


@task(help={"fix": "change the files instead of only checking them"})
def lint(context: Context, fix: bool = False) -> None:
    """
    Check style, format and types.

    Example: invoke lint --fix
    """
    from tooling.checks import lint

    end_with(lambda: lint(fix=fix))


@task(help={"k": "run only tests whose names match this expression"})
def test(context: Context, k: str | None = None) -> None:
    """
    Run the tests.

    Example: invoke test -k scheduler
    """
    from tooling.checks import run_tests

    end_with(lambda: run_tests(k))


@task(help={"k": "run only campaigns whose names match this expression"})
def campaign(context: Context, k: str | None = None) -> None:
    """
    Run the tests that take minutes: long random runs, kills, memory.

    Example: invoke campaign -k memory
    """
    from tooling.checks import run_campaigns

    end_with(lambda: run_campaigns(k))


@task(positional=["name"], help={"name": "a benchmark of the benchmarks folder"})
def bench(context: Context, name: str) -> None:
    """
    Run a benchmark.

    Example: invoke bench deploy
    """
    from tooling.checks import bench

    end_with(lambda: bench(name))


@task
def lock(context: Context) -> None:
    """
    Renew the pinned versions in uv.toml from what pyproject.toml asks for.

    Example: invoke lock
    """
    from tooling.pins import renew

    end_with(renew)


namespace = Collection.from_module(sys.modules[__name__])
for layer_task in Collection.from_module(layer_tasks).tasks.values():
    namespace.add_task(layer_task)
# Invoke gives a positional argument one value only: `deploy edge observability` is joined.
if hasattr(program, "core"):
    join_positionals(
        program.core.unparsed,
        layer_tasks.WITH_WORDS,
        set(namespace.task_names),
        layer_tasks.FLAGS,
        takers={bench.name},
    )
