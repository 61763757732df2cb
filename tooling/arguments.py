"""Several values for one positional argument, which invoke's parser does not offer."""

from collections.abc import Set as AbstractSet


def join_positionals(tokens: list[str], verbs: AbstractSet[str], tasks: AbstractSet[str]) -> None:
    """Join, in place, the words that follow a verb with commas: ``deploy a b`` → ``deploy a,b``.

    A word belongs to the verb until an option or the name of another task follows. An option
    before the words keeps its value, so options are best given last. A verb without words gets an
    empty one, for the task to refuse in its own words.
    """
    position = 0
    while position < len(tokens):
        if tokens[position] in verbs:
            end = position + 1
            while end < len(tokens) and _is_word(tokens[end], tasks):
                end += 1
            words = tokens[position + 1 : end]
            tokens[position + 1 : end] = [",".join(words)]
        position += 1


def _is_word(token: str, tasks: AbstractSet[str]) -> bool:
    return not token.startswith("-") and token not in tasks
