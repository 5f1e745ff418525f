import pytest

from models.music.compose import Job, Waypoint, aim_at, compose, compose_many, parse_path
from models.music.generators.rules import Generator
from models.music.plan import Aim
from models.music.traditions.western import TRADITION


def test_a_path_is_read_and_followed_in_straight_lines() -> None:
    path = parse_path("0:0.2,-0.5 16:0.7,0.1")
    assert path == (Waypoint(0, Aim(0.2, -0.5)), Waypoint(16, Aim(0.7, 0.1)))
    middle = aim_at(path, 8)
    assert (middle.valence, middle.arousal) == (pytest.approx(0.45), pytest.approx(-0.2))
    assert aim_at(path, 40) == Aim(0.7, 0.1)
    assert aim_at(parse_path("4:0.5,0.5 8:1,1"), 0) == Aim(0.5, 0.5)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty path"),
        ("0:0.2", "'0:0.2' in path"),
        ("0:0.2,1.5", r"arousal 1.5; expected a number from -1 to 1"),
        ("0:nan,0", r"valence nan"),
        ("x:0,0", "'x:0,0' in path"),
        ("-1:0,0", "expected a bar from 0"),
        ("8:0,0 4:0,0", "expected bars that rise"),
    ],
)
def test_a_path_that_cannot_be_read_names_the_word(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_path(text)


def test_a_piece_along_a_path_moves_with_it() -> None:
    piece = compose(parse_path("0:-0.7,-0.8 32:0.8,0.8"), 33, 5, Generator(), TRADITION)
    tempi = [plan.tempo_bpm for plan, _, _ in piece]
    assert tempi == sorted(tempi)
    assert tempi[-1] > 1.8 * tempi[0]
    first, last = (TRADITION.mode(piece[bar][0].mode).brightness for bar in (0, -1))
    assert first < -0.1
    assert last > 0.4


def test_the_same_arguments_give_the_same_piece_and_another_seed_another() -> None:
    path = parse_path("0:0.7,-0.6")
    one = compose(path, 12, 1, Generator(), TRADITION)
    assert compose(path, 12, 1, Generator(), TRADITION) == one
    assert [bar for _, bar, _ in compose(path, 12, 2, Generator(), TRADITION)] != [bar for _, bar, _ in one]


def test_only_the_roles_asked_for_sound() -> None:
    piece = compose(parse_path("0:0.5,0.8"), 8, 1, Generator(), TRADITION, ("bass", "drums"))
    assert {note.role for _, bar, _ in piece for note in bar.notes} == {"bass", "drums"}


@pytest.mark.parametrize(("bars", "seed", "roles"), [(0, 1, ("melody",)), (1, -1, ("melody",)), (1, 1, ("kazoo",))])
def test_bad_arguments_are_refused(bars: int, seed: int, roles: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        compose(parse_path("0:0,0"), bars, seed, Generator(), TRADITION, roles)


def test_a_path_needs_a_point() -> None:
    with pytest.raises(ValueError, match="empty path"):
        compose((), 4, 1, Generator(), TRADITION)


def test_pieces_composed_together_are_the_pieces_composed_alone() -> None:
    jobs = [
        Job(parse_path(path), bars, seed, TRADITION) for path, bars, seed in (("0:0.5,0.4", 9, 1), ("0:-1,0", 4, 2))
    ]
    alone = [compose(job.path, job.bars, job.seed, Generator(), TRADITION) for job in jobs]
    assert compose_many(jobs, Generator()) == alone
    assert compose_many([], Generator()) == []
