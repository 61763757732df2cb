"""Deploy state belongs to one laptop cloud."""

from pathlib import Path

from deploy.local import adopt_identity


def test_the_first_cloud_is_adopted_without_a_word(tmp_path: Path) -> None:
    assert adopt_identity(tmp_path / "state", "one") is None


def test_the_same_cloud_keeps_its_state(tmp_path: Path) -> None:
    state = tmp_path / "state"
    adopt_identity(state, "one")
    (state / ".pulumi").mkdir()

    assert adopt_identity(state, "one") is None
    assert (state / ".pulumi").is_dir()


def test_state_of_another_cloud_is_set_aside_and_the_place_is_told(tmp_path: Path) -> None:
    state = tmp_path / "state"
    adopt_identity(state, "one")
    (state / ".pulumi").mkdir()

    discarded = adopt_identity(state, "two")

    assert discarded is not None
    assert (discarded / ".pulumi").is_dir()
    assert not (state / ".pulumi").exists()
    assert adopt_identity(state, "two") is None


def test_only_the_last_state_set_aside_is_kept(tmp_path: Path) -> None:
    state = tmp_path / "state"
    for identity in ("one", "two", "three"):
        adopt_identity(state, identity)
        (state / ".pulumi").mkdir()
        (state / ".pulumi" / identity).touch()

    adopt_identity(state, "four")

    kept = [path.name for path in (tmp_path / "state-discarded" / ".pulumi").iterdir()]
    assert kept == ["three"]
