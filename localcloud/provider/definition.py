"""The words in which a resource type is described: its calls, its names, its particulars.

One ``ResourceType`` is one entry of the table. Input properties go to the API member of the same
name by themselves (``cidrBlock`` to ``CidrBlock``, ``securityGroupIds`` to ``SecurityGroupIds``);
the entry says only where names differ, and what the service needs besides. An input that no call
of the entry carries is refused: nothing is dropped silently.

Entries and their calls are compared by identity, so that what follows from one can be kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from localcloud.provider.expressions import ID
from localcloud.provider.scope import Expression, Scope, Template

if TYPE_CHECKING:
    from localcloud.provider.rules import Rule
    from localcloud.provider.session import Session

Sends = Literal["all", "changed", "nothing"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Call:
    """One API call.

    ``arguments`` are templates by API member. ``sends`` says which input properties go along by
    their own names: all of the resource's, those that an update changes, or nothing but the
    arguments. ``only_if`` skips the call while its value is missing or false; ``for_each`` repeats
    it for every element. ``failure_path`` is the place (JMESPath) of what went wrong in an answer
    that says so with status 200.
    """

    operation: str
    arguments: Mapping[str, Template] = field(default_factory=dict)
    sends: Sends = "nothing"
    only_if: Expression | None = None
    for_each: Expression | None = None
    failure_path: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Create(Call):
    """The call that makes the resource; it sends all properties unless told otherwise."""

    sends: Sends = "all"


@dataclass(frozen=True, kw_only=True, eq=False)
class Read(Call):
    """A call that describes the resource.

    ``path`` is JMESPath into the answer, as in the command line's ``--query``. With ``where``, it
    leads to a list (all pages of it), and the element whose members have these values is the one.
    With ``key``, it leads to a map, and the entry under that key is the one.
    ``json_text`` is a member of the answer that holds JSON as text, parsed before ``path`` applies.
    The first read of a type decides whether the resource exists; a later one may find nothing.
    """

    path: str = "@"
    where: Mapping[str, Template] = field(default_factory=dict)
    key: Template = None
    all_pages: bool = False
    json_text: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Update(Call):
    """A call that brings changed ``properties`` to the service without replacing the resource.

    ``resets`` are the values that stand for a property which the program no longer sets.
    """

    properties: tuple[str, ...]
    resets: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Waiter:
    """A state to wait for: the name of botocore's waiter, and what it describes."""

    name: str
    arguments: Mapping[str, Template]


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """How a service tags: its calls, and how they name the resource and the tags.

    ``list_path`` is None where every description holds the tags already. ``replaces_all`` marks
    a service whose tagging call overwrites the whole set, so that nothing needs removing.
    """

    resource_argument: str
    tag_operation: str
    tags_argument: str
    untag_operation: str | None
    keys_argument: str = "TagKeys"
    list_operation: str | None = None
    list_path: str = "Tags"
    constants: Mapping[str, object] = field(default_factory=dict)
    keys_as_tags: bool = False
    replaces_all: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class ResourceType:
    """One resource type.

    ``identifier`` is the id once created. ``repeat_create_for`` are properties that the creating
    call changes as well (``Put…`` operations). ``renames`` lead from a property, or a dotted path
    inside one, to the API's member; ``outputs`` from a property to its place in the description
    (JMESPath) or to an expression. ``name_property`` is made up when the program sets none.
    ``provider_side`` are inputs that the provider itself acts upon. ``replace_triggers`` are inputs
    that go nowhere, but whose change replaces the resource. ``unsupported`` are inputs that a call
    would take, but that the entry does not follow any further. ``write_only`` are never read
    back. ``ordered`` are lists whose order counts. ``import_parts`` are the properties that an id
    is made of, for reading a resource of which nothing but the id is known. ``wait_updated`` is
    False where an update leads elsewhere than to the state of what is new.
    """

    pulumi_type: str
    service: str
    create: Create
    identifier: Expression
    read: tuple[Read, ...]
    delete: tuple[Call, ...]
    updates: tuple[Update, ...] = ()
    repeat_create_for: tuple[str, ...] = ()
    after_create: tuple[Call, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str | Expression] = field(default_factory=dict)
    flatten: tuple[str, ...] = ()
    name_property: str | None = None
    lower_case_name: bool = False
    defaults: Mapping[str, object] = field(default_factory=dict)
    provider_side: frozenset[str] = frozenset()
    replace_triggers: frozenset[str] = frozenset()
    unsupported: frozenset[str] = frozenset()
    write_only: frozenset[str] = frozenset()
    ordered: frozenset[str] = frozenset()
    tagging: Tagging | None = None
    tagged_resource: Template = ID
    tag_specification: str | None = None
    tags_after_create: bool = False
    wait_created: Waiter | None = None
    wait_deleted: Waiter | None = None
    wait_updated: bool = True
    before_update: "Callable[[Session, Scope], None] | None" = None
    before_delete: "Callable[[Session, Scope], None] | None" = None
    delete_before_replace: bool = False
    import_parts: tuple[str, tuple[str, ...]] | None = None
    rules: "tuple[Rule, ...]" = ()

    @property
    def updatable(self) -> frozenset[str]:
        """Input properties that can change without replacing the resource."""
        by_update = {name for update in self.updates for name in update.properties}
        return frozenset({*by_update, *self.repeat_create_for, *self.provider_side, "tags"})
