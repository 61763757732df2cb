"""Several values for one positional argument, which invoke's parser does not offer."""

from collections.abc import Set as AbstractSet


def join_positionals(
    tokens: list[str],
    verbs: AbstractSet[str],
    tasks: AbstractSet[str],
    flags: AbstractSet[str] = frozenset(),
    takers: AbstractSet[str] = frozenset(),
) -> None:
    """Join, in place, the words of a verb with commas: ``deploy a b`` → ``deploy a,b``.

    Words belong to the verb until the name of another task follows, wherever its options stand:
    an option of `flags` has no value, any other one without ``=`` has the next token for one. A
    verb without words gets an empty one, for the task to refuse, or not, in its own words. The
    word after one of `takers` is that task's own, whatever else it may mean: ``bench deploy``.
    """
    position = 0
    while position < len(tokens):
        if tokens[position] in takers:
            position += 1
        elif tokens[position] in verbs:
            end = position + 1
            while end < len(tokens) and tokens[end] not in tasks:
                end += 1 if _stands_alone(tokens[end], flags) else 2
            words, options = _sorted_out(tokens[position + 1 : end], flags)
            tokens[position + 1 : end] = [",".join(words), *options]
            position += len(options) + 1
        position += 1


def _stands_alone(token: str, flags: AbstractSet[str]) -> bool:
    """Return whether a token is a word, or an option that takes no value from the next token."""
    return not token.startswith("-") or "=" in token or token in flags


def _sorted_out(tokens: list[str], flags: AbstractSet[str]) -> tuple[list[str], list[str]]:
    words: list[str] = []
    options: list[str] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if not token.startswith("-"):
            words.append(token)
        elif _stands_alone(token, flags):
            options.append(token)
        else:
            options += tokens[position : position + 2]
            position += 1
        position += 1
    return words, options
