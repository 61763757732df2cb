"""Which tables table mappings select."""

import json
from typing import Any

import pytest

from localcloud.replication import MappingError, parse_mappings


def rule(schema: str, table: str, action: str = "include", **more: Any) -> dict[str, Any]:
    return {
        "rule-type": "selection",
        "rule-id": "1",
        "rule-name": "1",
        "object-locator": {"schema-name": schema, "table-name": table},
        "rule-action": action,
        **more,
    }


def selects(schema: str, table: str, *rules: dict[str, Any]) -> bool:
    return parse_mappings(json.dumps({"rules": list(rules)})).selects(schema, table)


@pytest.mark.parametrize(
    ("pattern", "table", "selected"),
    [
        ("%", "payments", True),
        ("pay%", "payments", True),
        ("%ments", "payments", True),
        ("pay%", "repay", False),
        ("payment_", "payments", True),
        ("payment_", "payment", False),
        ("payment[_]events", "payment_events", True),
        ("payment[_]events", "paymentXevents", False),
        ("[ab]%", "banks", True),
        ("[^ab]%", "banks", False),
        ("[^ab]%", "cards", True),
        ("a.b", "axb", False),
        ("payments", "Payments", False),
    ],
)
def test_wildcards_are_those_of_dms(pattern: str, table: str, selected: bool) -> None:
    assert selects("public", table, rule("public", pattern)) is selected


def test_an_excluded_table_is_not_selected_whatever_the_order() -> None:
    rules = [rule("public", "audit%", "exclude"), rule("public", "%")]
    for order in (rules, rules[::-1]):
        assert selects("public", "payments", *order)
        assert not selects("public", "audit_log", *order)


def test_an_explicit_rule_takes_its_name_literally() -> None:
    assert selects("public", "a%", rule("public", "a%", "explicit"))
    assert not selects("public", "ab", rule("public", "a%", "explicit"))


def test_rules_of_parallel_load_change_nothing() -> None:
    tuning = {"rule-type": "table-settings", "rule-id": "2", "parallel-load": {"type": "none"}}
    assert selects("public", "payments", rule("public", "%"), tuning)


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        ({"rule-type": "transformation", "rule-id": "2"}, "rule 2: rules of type 'transformation'"),
        (rule("public", "%", filters=[{"filter-type": "source"}]), "filters"),
        (
            rule("public", "%")
            | {
                "object-locator": {
                    "schema-name": "public",
                    "table-name": "%",
                    "table-type": "view",
                }
            },
            "views",
        ),
    ],
)
def test_what_only_dms_can_do_is_refused_by_name(refused: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotImplementedError, match=reason):
        selects("public", "payments", rule("public", "%"), refused)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({"rules": []}),
        json.dumps({"rules": [rule("public", "%", "exclude")]}),
        json.dumps({"rules": [rule("public", "%", "ignore")]}),
        json.dumps({"rules": [rule("public", "%") | {"object-locator": {"schema-name": "a"}}]}),
    ],
)
def test_mappings_that_dms_refuses_are_refused(text: str) -> None:
    with pytest.raises(MappingError):
        parse_mappings(text)
