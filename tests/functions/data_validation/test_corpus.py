"""The comparison finds every planted difference of the corpus, names its columns, invents none.

Every case is compared in one chunk; those that are about more than a column's type also in chunks
so small that first, last and only rows of a chunk differ.
"""

from collections.abc import Iterator

import pytest

from functions.data_validation.expressions import Method
from tests.functions.data_validation.corpus import by_type
from tests.functions.data_validation.engine import chunks_of
from tests.functions.data_validation.planted import Corpus, loaded_corpus
from tests.functions.support import Clusters

TYPES_ALONE = {case.name for case in by_type.cases()}


@pytest.fixture(scope="module")
def corpus(clusters: Clusters) -> Iterator[Corpus]:
    with loaded_corpus(clusters) as corpus:
        yield corpus


def test_what_is_found_is_exactly_what_was_planted(corpus: Corpus) -> None:
    assert len(corpus.cases) > 400
    assert not corpus.faults(corpus.cases, Method.RECORD, chunks_of(10_000))


@pytest.mark.parametrize(("method", "rows"), [(Method.RECORD, 1), (Method.PORTABLE, 3)])
def test_what_is_found_does_not_depend_on_the_sizes_of_chunks(
    corpus: Corpus, method: Method, rows: int
) -> None:
    cases = [case for case in corpus.cases if case.name not in TYPES_ALONE]
    assert len(cases) > 100
    assert not corpus.faults(cases, method, chunks_of(rows))
