"""Whether two states are the same but for what their clouds made up.

Ids, ports, passwords and random suffixes are never the same twice. Two values are taken to be the
same when a one-to-one renaming of such words turns one into the other, and when the renaming is
the same one everywhere: an id that stands for one thing here must not stand for two there.
"""

import re
from typing import Any

# Times and addresses: not one word, and not the same within one cloud either.
_PASSING = [
    re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:?\d\d)?"),
    re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b(?!/)"),
]
_WORD = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9]+")
_SHORTEST = 5
"""Characters of the shortest word that a cloud makes up: a port's."""


class Renaming:
    """The words of one side and those that stand for them on the other."""

    def __init__(self) -> None:
        self._there: dict[str, str] = {}
        self._here: dict[str, str] = {}

    def differences(self, here: Any, there: Any, path: str = "") -> list[str]:
        """Return where two JSON values differ by more than a renaming; learn from where not."""
        if isinstance(here, dict) and isinstance(there, dict):
            return [
                line
                for key in sorted({*here, *there})
                for line in self.differences(here.get(key), there.get(key), f"{path}.{key}")
            ]
        if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
            if self._same_elements(here, there):
                return []
            pairs = enumerate(zip(here, there, strict=True))
            return [line for n, (a, b) in pairs for line in self.differences(a, b, f"{path}[{n}]")]
        if _is_word(here) and _is_word(there) and self._texts(str(here), str(there)):
            return []
        return [] if here == there else [f"{path}: {here!r} here, {there!r} there"]

    def _same_elements(self, here: list[Any], there: list[Any]) -> bool:
        """Return whether two lists of texts have the same elements, by what is known so far.

        Lists that are sets are ordered by their ids, which are in another order on each side.
        """
        if not all(isinstance(item, str) for item in [*here, *there]):
            return False
        renamed = [_WORD.sub(lambda word: self._there.get(word[0], word[0]), x) for x in here]
        return sorted(renamed) == sorted(there)

    def _texts(self, here: str, there: str) -> bool:
        for pattern in _PASSING:
            here, there = pattern.sub("", here), pattern.sub("", there)
        mine, theirs = _WORD.findall(here), _WORD.findall(there)
        built_alike = _WORD.sub("", here) == _WORD.sub("", there)
        if not built_alike or [*map(len, mine)] != [*map(len, theirs)]:
            # A password has punctuation of its own.
            return " " not in here + there and self._stands_for(here, there)
        # Every pair is looked at, also after one that does not fit: there is more to learn.
        fits = [self._stands_for(a, b) for a, b in zip(mine, theirs, strict=True)]
        return all(fits)

    def _stands_for(self, here: str, there: str) -> bool:
        if len(here) != len(there) or (here != there and len(here) < _SHORTEST):
            return False
        if len(here) < _SHORTEST:
            return True
        known = self._there.setdefault(here, there), self._here.setdefault(there, here)
        return known == (there, here)


def _is_word(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
