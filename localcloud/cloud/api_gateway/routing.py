"""Finds the resource and the method that a request is for.

A static segment beats a ``{parameter}``, which beats a greedy ``{proxy+}``; the decision is made
from left to right ("Set up REST API methods in API Gateway", proxy resources).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from localcloud.cloud.api_gateway.model import Method, Route

_GREEDY, _PARAMETER, _STATIC = 0, 1, 2


@dataclass(frozen=True)
class Match:
    """The route and method of a request, with its path parameters, decoded."""

    route: Route
    method: Method
    path_parameters: dict[str, str]


def find(routes: Sequence[Route], http_method: str, path: str) -> Match | None:
    """Return the best match for a request, or None when no resource or method fits."""
    best: tuple[list[int], Match] | None = None
    segments = _segments(path)
    for route in routes:
        method = route.methods.get(http_method) or route.methods.get("ANY")
        fit = _fit(_segments(route.path), segments)
        if method is None or fit is None:
            continue
        rank, parameters = fit
        if best is None or rank > best[0]:
            best = rank, Match(route, method, parameters)
    return best[1] if best else None


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _fit(pattern: list[str], segments: list[str]) -> tuple[list[int], dict[str, str]] | None:
    """Return how specifically a pattern fits and the parameters, or None when it does not."""
    rank: list[int] = []
    parameters: dict[str, str] = {}
    for position, part in enumerate(pattern):
        if position >= len(segments):
            return None
        if part.startswith("{") and part.endswith("+}"):
            parameters[part[1:-2]] = unquote("/".join(segments[position:]))
            return [*rank, _GREEDY], parameters
        if part.startswith("{"):
            parameters[part[1:-1]] = unquote(segments[position])
            rank.append(_PARAMETER)
        elif part == unquote(segments[position]):
            rank.append(_STATIC)
        else:
            return None
    return (rank, parameters) if len(pattern) == len(segments) else None
