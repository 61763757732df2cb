"""Every case of the corpus, by both methods, in chunks of every small size."""

from collections.abc import Iterator

import pytest

from functions.data_validation.expressions import Method
from tests.functions.data_validation.engine import chunks_of
from tests.functions.data_validation.planted import Corpus, loaded_corpus
from tests.functions.support import Clusters

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1_200)]


@pytest.fixture(scope="module")
def corpus(clusters: Clusters) -> Iterator[Corpus]:
    with loaded_corpus(clusters) as corpus:
        yield corpus


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("rows", [1, 2, 3, 7, 10_000])
def test_what_is_found_is_exactly_what_was_planted(
    corpus: Corpus, method: Method, rows: int
) -> None:
    assert len(corpus.cases) > 400
    assert not corpus.faults(corpus.cases, method, chunks_of(rows))
