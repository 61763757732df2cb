"""Which statements take privileges away and give them back (what they do: test_carried_over)."""

from functions.cutover.privileges import Kind, Privilege, grants, revocations, saving

OWNERS = {"a": "owner", "b": "owner", "c": "other owner", "s": "owner"}


def privilege(
    name: str,
    what: str,
    grantee: str | None = "app",
    *,
    column: str | None = None,
    grantor: str | None = None,
    grantable: bool = False,
    kind: Kind = Kind.TABLE,
) -> Privilege:
    return Privilege(kind, "x", name, column, grantor, grantee, what, grantable)


def acting(role: str, *statements: str) -> list[str]:
    return [
        line
        for statement in statements
        for line in (f'SET LOCAL ROLE "{role}"', statement, "SET LOCAL ROLE NONE")
    ]


def test_objects_with_the_same_privileges_share_a_statement() -> None:
    privileges = [privilege(name, what) for name in "ab" for what in ("UPDATE", "INSERT")]
    assert grants(privileges, OWNERS) == acting(
        "owner", 'GRANT INSERT, UPDATE ON TABLE "x"."a", "x"."b" TO "app"'
    )
    assert revocations(privileges, OWNERS) == acting(
        "owner", 'REVOKE INSERT, UPDATE ON TABLE "x"."a", "x"."b" FROM "app"'
    )


def test_objects_of_different_owners_kinds_and_grantees_do_not() -> None:
    privileges = [
        privilege("a", "INSERT"),
        privilege("c", "INSERT"),
        privilege("a", "INSERT", None),
        privilege("s", "USAGE", kind=Kind.SEQUENCE),
    ]
    assert grants(privileges, OWNERS) == [
        *acting("owner", 'GRANT USAGE ON SEQUENCE "x"."s" TO "app"'),
        *acting("other owner", 'GRANT INSERT ON TABLE "x"."c" TO "app"'),
        *acting("owner", 'GRANT INSERT ON TABLE "x"."a" TO PUBLIC'),
        *acting("owner", 'GRANT INSERT ON TABLE "x"."a" TO "app"'),
    ]


def test_columns_of_a_table_share_a_statement() -> None:
    privileges = [
        privilege("a", "UPDATE", column="n"),
        privilege("a", "UPDATE", column='od"d'),
        privilege("a", "INSERT", column="n"),
    ]
    assert grants(privileges, OWNERS) == acting(
        "owner", 'GRANT INSERT ("n"), UPDATE ("n", "od""d") ON TABLE "x"."a" TO "app"'
    )


def test_grant_options_are_given_back_apart_and_taken_with_the_privilege() -> None:
    privileges = [privilege("a", "INSERT", grantable=True), privilege("a", "UPDATE")]
    assert grants(privileges, OWNERS) == acting(
        "owner",
        'GRANT UPDATE ON TABLE "x"."a" TO "app"',
        'GRANT INSERT ON TABLE "x"."a" TO "app" WITH GRANT OPTION',
    )
    assert revocations(privileges, OWNERS) == acting(
        "owner", 'REVOKE INSERT, UPDATE ON TABLE "x"."a" FROM "app"'
    )


def test_a_privilege_that_was_handed_on_is_taken_first_and_given_back_last() -> None:
    chain = [
        privilege("a", "UPDATE", "third", grantor="second", column="n"),
        privilege("a", "UPDATE", "second", grantor="first", grantable=True),
        privilege("a", "UPDATE", "first", grantable=True),
    ]
    given = grants(chain, OWNERS)
    assert given == [
        *acting("owner", 'GRANT UPDATE ON TABLE "x"."a" TO "first" WITH GRANT OPTION'),
        *acting("first", 'GRANT UPDATE ON TABLE "x"."a" TO "second" WITH GRANT OPTION'),
        *acting("second", 'GRANT UPDATE ("n") ON TABLE "x"."a" TO "third"'),
    ]
    taken = [each for each in revocations(chain, OWNERS) if each.startswith("REVOKE")]
    assert [each.rpartition(" ")[2] for each in taken] == ['"third"', '"second"', '"first"']


def test_nothing_to_take_is_no_statement() -> None:
    assert revocations([], OWNERS) == grants([], OWNERS) == []
    assert saving([]) == "DELETE FROM aurora_migration.privilege; "


def test_names_are_quoted_when_they_are_saved() -> None:
    odd = Privilege(Kind.TABLE, "x", "it's", None, None, None, "INSERT", grantable=False)
    assert saving([odd]).endswith(
        "VALUES ('table', 'x', 'it''s', NULL, NULL, NULL, 'INSERT', FALSE);"
    )
