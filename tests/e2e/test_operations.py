"""The tasks around a deployment."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from tooling.checkout import Checkout


def test_seeding_adds_as_many_payments_as_asked(deployed: Checkout) -> None:
    def count() -> int:
        found = re.search(
            r"^\s*(\d+)$", deployed.query("source", "select count(*) from payments"), re.MULTILINE
        )
        assert found is not None
        return int(found[1])

    before = count()

    finished = deployed.invoke("seed", "--payments", "500")

    assert finished.status == 0, finished.output
    assert count() == before + 500


def test_seeding_nothing_is_refused(deployed: Checkout) -> None:
    assert deployed.invoke("seed", "--payments", "0").status == 2


def test_the_two_clusters_are_servers_of_different_major_versions(deployed: Checkout) -> None:
    versions = [deployed.query(side, "show server_version_num") for side in ("source", "target")]
    majors = {re.search(r"(\d{2})\d{4}", version)[1] for version in versions}  # type: ignore[index]

    assert len(majors) == 2


def test_each_cluster_has_a_reader_that_streams(deployed: Checkout) -> None:
    for side in ("source", "target"):
        replicas = deployed.query(side, "select count(*) as n from pg_stat_replication")

        assert re.search(r"^\s*1$", replicas, re.MULTILINE), (side, replicas)


def test_sql_that_fails_ends_psql_with_a_status_that_says_so(deployed: Checkout) -> None:
    finished = deployed.invoke("psql", "source", "-c", "select no_such_column")

    assert finished.status == 1
    assert "no_such_column" in finished.output


def test_two_checkouts_run_side_by_side(
    deployed: Checkout,
    clients: Callable[[str], Any],
    make_checkout: Callable[[str], Checkout],
) -> None:
    other = make_checkout("beside")

    finished = other.invoke("deploy", "network")

    assert finished.status == 0, finished.output
    here, there = deployed.outputs(), other.outputs()
    vpc = here["network.production_vpc_id"]
    assert clients("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert there["network.production_vpc_id"] not in {
        found["VpcId"] for found in clients("ec2").describe_vpcs()["Vpcs"]
    }


def test_a_layer_on_top_of_nothing_is_refused(make_checkout: Callable[[str], Checkout]) -> None:
    finished = make_checkout(f"empty-{uuid.uuid4().hex[:6]}").invoke("deploy", "edge")

    assert finished.status == 2
    assert "invoke deploy network data edge" in finished.output


def test_every_task_explains_itself_with_an_example(deployed: Checkout) -> None:
    listed = deployed.invoke("--list").output
    tasks = re.findall(r"^  ([a-z-]+)\s{2,}", listed, re.MULTILINE)

    assert len(tasks) >= 14
    for task in tasks:
        explained = deployed.invoke("--help", task).output
        assert f"invoke {task}" in explained.partition("Example: ")[2], explained
