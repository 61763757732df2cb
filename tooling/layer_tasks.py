"""The tasks that work on layers: deploy, destroy, preview, drift, graph, outputs, status.

They share most of their options, so an option is declared once here and its name, default and
help are given to every task that has it.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from invoke import Context, task

from tooling.ending import end_with
from tooling.environment import isolate_laptop_cloud

_USERS_ENVIRONMENT = isolate_laptop_cloud()


@dataclass(frozen=True)
class Option:
    """One option of the tasks: how it is called here, what it is without being given, its help."""

    name: str
    default: str | bool | None
    help: str


_ENVIRONMENT = Option("environment", "local", "environment to work on (default: local)")
_ENGINE = Option(
    "engine", None, "embedded or pulumi (default: the environment's own; local: embedded)"
)
_SELECTION = (
    Option("with_dependencies", False, "also the layers that the selected ones need"),
    Option("with_dependents", False, "also the layers that need the selected ones"),
    Option("affected", None, "only layers whose inputs differ from this git reference"),
)
_RUN = (
    Option("parallel", "4", "how many layers to work on side by side (default: 4)"),
    Option("report", None, "write what happened, JSON, to this file"),
    Option("junit", None, "write what happened, JUnit XML, to this file"),
)
_YES = Option("yes", False, "do not ask for a confirmation")
_ALLOW_BREAKING = Option(
    "allow_breaking", False, "go on although deployed consumers lose outputs that they use"
)
_RESUME = Option("resume", False, "leave out layers that are done and unchanged")
_KEEP_CLOUD = Option("keep_cloud", False, "leave the laptop cloud running afterwards")
_DEPLOY = (_ENVIRONMENT, _ENGINE, *_SELECTION, *_RUN, _YES, _RESUME, _ALLOW_BREAKING)
_DESTROY = (_ENVIRONMENT, _ENGINE, *_SELECTION, *_RUN, _YES, _KEEP_CLOUD)
_PREVIEW = (_ENVIRONMENT, _ENGINE, *_SELECTION, *_RUN, _ALLOW_BREAKING)
_LOOK = (_ENVIRONMENT, _ENGINE, *_SELECTION)
_SHOW_SECRETS = Option("show_secrets", False, "print secret values instead of a mask")
_WORDS = "layers"


def _layer_task(
    options: Sequence[Option], words: str | None = None, *, all_without: bool = False
) -> Callable[..., Any]:
    """Return a decorator that makes a task with these options.

    `words` is the help of the words that it takes, `all_without` whether none means all layers.
    """

    def decorate(body: Callable[..., int]) -> Any:
        def run(context: Context, **given: Any) -> None:
            end_with(lambda: body(_options(body.__name__, given, all_without=all_without)))

        parameters = [inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
        if words is not None:
            parameters.append(inspect.Parameter(_WORDS, inspect.Parameter.POSITIONAL_OR_KEYWORD))
        parameters += [
            inspect.Parameter(
                option.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=option.default
            )
            for option in options
        ]
        run.__name__, run.__doc__ = body.__name__, body.__doc__
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what invoke reads
        explained = {option.name: option.help for option in options}
        if words is not None:
            explained[_WORDS] = words
        return task(
            positional=[_WORDS] if words is not None else [],
            auto_shortflags=False,
            help=explained,
        )(run)

    return decorate


def _options(name: str, given: dict[str, Any], *, all_without: bool) -> Any:
    from deploy.commands.options import Options

    words = given.pop(_WORDS, None)
    split = None if words is None else tuple(filter(None, words.split(",")))
    if all_without and not split:
        split = None
    return Options(name.replace("_", "-"), split, environ=_USERS_ENVIRONMENT, **given)


@_layer_task(_DEPLOY)
def deploy_all(options: Any) -> int:
    """
    Deploy every layer in dependency order, as many side by side as the graph allows.

    Example: invoke deploy-all --report deployment.json
    """
    from deploy.commands.deploy import deploy

    return deploy(options)


@_layer_task(_DEPLOY, words="layers to deploy")
def deploy(options: Any) -> int:
    """
    Deploy the named layers alone; what they need is read from the others' state.

    Example: invoke deploy edge observability --with-dependencies
    """
    from deploy.commands.deploy import deploy

    return deploy(options)


@_layer_task(_DESTROY)
def destroy_all(options: Any) -> int:
    """
    Destroy every layer, dependents first, and stop the laptop cloud.

    Example: invoke destroy-all --yes
    """
    from deploy.commands.destroy import destroy

    return destroy(options)


@_layer_task(_DESTROY, words="layers to destroy")
def destroy(options: Any) -> int:
    """
    Destroy the named layers, dependents first; refused while others still need them.

    Example: invoke destroy edge --with-dependents --yes
    """
    from deploy.commands.destroy import destroy

    return destroy(options)


@_layer_task(_PREVIEW)
def preview_all(options: Any) -> int:
    """
    Show what deploy-all would do; works before anything is deployed.

    Example: invoke preview-all --affected origin/main
    """
    from deploy.commands.preview import preview

    return preview(options)


@_layer_task(_PREVIEW, words="layers to preview")
def preview(options: Any) -> int:
    """
    Show what deploying the named layers would do. Changes nothing.

    Example: invoke preview edge
    """
    from deploy.commands.preview import preview

    return preview(options)


@_layer_task(
    (_ENVIRONMENT, _ENGINE, *_SELECTION, *_RUN),
    words="layers to look at (default: all)",
    all_without=True,
)
def drift(options: Any) -> int:
    """
    Compare the cloud with what was deployed: exit 0 as recorded, 3 different. Changes nothing.

    Example: invoke drift network data --junit drift.xml
    """
    from deploy.commands.drift import drift

    return drift(options)


@_layer_task(
    (*_LOOK[:1], *_SELECTION, Option("format", None, "text (default), mermaid or json")),
    words="layers to show (default: all)",
    all_without=True,
)
def graph(options: Any) -> int:
    """
    Show which layer needs which.

    Example: invoke graph --format mermaid
    """
    from deploy.commands.graph import graph

    return graph(options)


@_layer_task(
    (_ENVIRONMENT, _ENGINE, _SHOW_SECRETS),
    words="LAYER or LAYER.FIELD (default: all outputs)",
    all_without=True,
)
def outputs(options: Any) -> int:
    """
    Print the outputs of all layers, of one, or a single value.

    Example: psql -h "$(invoke outputs data.source_endpoint)"
    """
    from deploy.commands.outputs import outputs

    return outputs(options)


@_layer_task(
    (*_LOOK, Option("format", None, "text (default) or json")),
    words="layers to show (default: all)",
    all_without=True,
)
def status(options: Any) -> int:
    """
    Show what is deployed where, since when, by whom, and which changes are pending.

    Example: invoke status --format json
    """
    from deploy.commands.status import status

    return status(options)


WITH_WORDS = frozenset({"deploy", "destroy", "preview", "drift", "graph", "outputs", "status"})
"""The tasks that take words."""

FLAGS = frozenset(
    f"--{option.name.replace('_', '-')}"
    for option in (*_DEPLOY, *_DESTROY, *_LOOK, _SHOW_SECRETS)
    if option.default is False
) | {"--help", "-h"}
"""The options of those tasks that take no value."""
