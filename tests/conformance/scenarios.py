"""The scenarios: programs that are run one after the other, on either engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.conformance.cloud import ConformanceCloud
from tests.deploy.engines.embedded.memory_cloud import Thing

PROJECT = "scenario"


@dataclass(frozen=True)
class Step:
    """One run. `program` None is the last one again; `faults` hold for this run only."""

    program: str | None = None
    preview: bool = False
    fails: bool = False
    project: str = PROJECT
    faults: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """Steps, and what there is in the cloud before the first one: name and size by id."""

    name: str
    steps: tuple[Step, ...]
    existing: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def prepare(self, cloud: ConformanceCloud) -> None:
        """Make what exists before."""
        for key, (name, size) in self.existing.items():
            cloud.things[key] = Thing(key, {"name": name, "size": size}, "default")


_REPLACED = """
first = Thing("first", zone="{zone}")
user = Thing("user", uses=first.id)
fixed = Thing("fixed", name="fixed", zone="{zone}")
early = Thing("early", zone="{zone}", opts=Options(delete_before_replace=True))
chained = Thing("chained", zone=early.arn)
along = Thing("along", opts=Options(deleted_with=early))
pulumi.export("user", user.arn)
"""

_COMPONENT = """
class Pair(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("tests:index:Pair", name, {{"size": 3}}, opts)
        child = Options(parent=self, aliases={aliases})
        self.one = Thing(f"{{name}}-one", name="one", opts=Options(parent=self))
        self.two = Thing(f"{{name}}-{two}", name="two", uses=self.one.id, opts=child)
        self.register_outputs({{"arn": self.one.arn, "hidden": pulumi.Output.secret("x")}})

pair = Pair("{name}", opts={opts})
pulumi.export("arn", pair.two.arn)
"""

_MIDWAY = """
base = Thing("base")
broken = Thing("broken", uses=base.id, size={size})
after = Thing("after", uses=broken.id)
pulumi.export("base", base.arn)
pulumi.export("after", after.arn)
"""

_PRODUCER = """
thing = Thing("thing")
pulumi.export("arn", thing.arn)
pulumi.export("hidden", pulumi.Output.secret("quiet"))
"""

_CONSUMER = """
upstream = pulumi.StackReference("organization/producer/local")
Thing("user", note=upstream.get_output("arn"), secretnote=upstream.get_output("hidden"))
pulumi.export("nothing", upstream.get_output("nope"))
pulumi.export("hidden", upstream.get_output("hidden"))
"""

SCENARIOS = (
    Scenario(
        "create, no change, update, removal",
        (
            Step(
                """
                a = Thing("a", size=1, tags={"k": "v", "n": [1, 2.5, True, None]})
                b = Thing("b", uses=a.id)
                c = Thing("c", opts=Options(depends_on=[b]))
                kept = Thing("kept", opts=Options(retain_on_delete=True))
                pulumi.export("arn", b.arn)
                pulumi.export("nested", {"list": [1, 2.5], "none": None})
                """
            ),
            Step(),
            Step('a = Thing("a", size=2)\npulumi.export("arn", a.arn)', preview=True),
            Step('a = Thing("a", size=2)\npulumi.export("arn", a.arn)'),
        ),
    ),
    Scenario(
        "replacement in both orders",
        (
            Step(_REPLACED.format(zone="x")),
            Step(_REPLACED.format(zone="y"), preview=True),
            Step(_REPLACED.format(zone="y")),
        ),
    ),
    Scenario(
        "components, aliases, renames",
        (
            Step(_COMPONENT.format(name="old", two="two", aliases=None, opts=None), preview=True),
            Step(_COMPONENT.format(name="old", two="two", aliases=None, opts=None)),
            Step(
                _COMPONENT.format(
                    name="new",
                    two="second",
                    aliases='[pulumi.Alias(name="old-two")]',
                    opts='Options(aliases=[pulumi.Alias(name="old")])',
                )
            ),
        ),
    ),
    Scenario(
        "secret outputs",
        (
            Step(
                """
                a = Thing("a", secretnote=pulumi.Output.secret("hush"),
                          opts=Options(additional_secret_outputs=["password"]))
                pulumi.export("password", a.password)
                pulumi.export("deep", {"inside": [pulumi.Output.secret("x"), 1]})
                pulumi.export("plain", a.name)
                """
            ),
            Step(
                'a = Thing("a", secretnote=pulumi.Output.secret("other"))\n'
                'pulumi.export("note", a.secretnote)'
            ),
        ),
    ),
    Scenario(
        "references to other stacks",
        (
            Step(_PRODUCER, project="producer"),
            Step('pulumi.StackReference("organization/nowhere/local")', fails=True),
            Step(
                'upstream = pulumi.StackReference("organization/producer/local")\n'
                'pulumi.export("x", upstream.require_output("nope"))',
                fails=True,
            ),
            Step(_CONSUMER),
        ),
    ),
    Scenario(
        "failure midway and recovery",
        (
            Step(_MIDWAY.format(size=1), fails=True, faults={("create", "broken"): "no room"}),
            Step(_MIDWAY.format(size=1)),
            Step(_MIDWAY.format(size=2), fails=True, faults={("update", "broken"): "busy"}),
            Step(_MIDWAY.format(size=3)),
        ),
    ),
    Scenario(
        "created but not ready",
        (
            Step('Thing("slow", size=1)', fails=True, faults={("ready", "slow"): "not yet"}),
            Step(),
        ),
    ),
    Scenario(
        "the program fails",
        (
            Step('a = Thing("a")\npulumi.export("arn", a.arn)'),
            Step('a = Thing("a")\nraise ValueError("boom")', fails=True),
            Step('a = Thing("a", size="wrong")', fails=True),
            Step('a = Thing("a")\npulumi.export("arn", a.arn)'),
        ),
    ),
    Scenario(
        "ignored changes",
        tuple(
            Step(
                f'Thing("a", size={size}, tags={{"k": "{k}", "j": "{j}"}}, '
                'opts=Options(ignore_changes=["size", "tags.k"]))'
            )
            for size, k, j in ((1, 1, 1), (2, 2, 1), (2, 2, 2))
        ),
    ),
    Scenario(
        "explicit provider",
        tuple(
            Step(
                f'there = Provider("there", region="{region}")\n'
                'a = Thing("a", opts=Options(provider=there))\n'
                'pulumi.export("region", a.region)'
            )
            for region in ("east", "west")
        ),
    ),
    Scenario(
        "default provider of a version",
        tuple(Step(f'Thing("a", size={size}, opts=Options(version="1.2.3"))') for size in (1, 2)),
    ),
    Scenario(
        "protect",
        (
            Step('Thing("a", zone="x", opts=Options(protect=True))'),
            Step("", fails=True),
            Step('Thing("a", zone="y", opts=Options(protect=True))', fails=True),
            Step('Thing("a", zone="x")'),
        ),
    ),
    Scenario(
        "import",
        (
            Step(
                'Thing("a", name="found", size=1, opts=Options(import_="thing-900"))',
            ),
            Step('Thing("a", name="found", size=2)'),
            Step('Thing("b", opts=Options(import_="thing-999"))', fails=True),
            Step('Thing("a", name="found", size=2)'),
        ),
        existing={"thing-900": ("found", 1)},
    ),
)
