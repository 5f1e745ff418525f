"""What a piece and a session may rely on from any tradition; a new one is tested by being in its folder."""

from functools import cache
from io import BytesIO
from itertools import pairwise

import mido
import pytest

from models.affect import Affect, Interval
from models.music.compose import Piece, Waypoint, compose, parse_path
from models.music.generators.rules import Generator
from models.music.plan import ROLES, Aim
from models.music.themes import rhythm
from models.music.tradition import Mode, Tradition
from models.music.writing.drums import DRUM_NOTES
from models.person import Baseline, Person
from sensors.readings import Features
from therapy_app import catalog
from therapy_app.playback.midi_file import composed_file
from therapy_app.playback.piano_roll import piano_roll_svg
from therapy_app.session.events import BarPerformed, BarPlanned, Started, body_of, event_from
from therapy_app.session.prescription import Prescription
from therapy_app.session.step import Session
from therapy_app.session.tick import Tick

NAMES = catalog.names("tradition")
AIMS = [(0.7, -0.6), (0.9, 0.9), (-0.9, -0.9), (-0.9, 0.9), (0.0, 0.0)]
SEEDS = range(4)
PARTS = [(name, mode.name) for name in NAMES for mode in catalog.find("tradition", name).TRADITION.modes]


def tradition_of(name: str) -> Tradition:
    found: Tradition = catalog.find("tradition", name).TRADITION
    return found


@cache
def pieces(name: str) -> tuple[Piece, ...]:
    """Five moods, four seeds, 36 bars each: enough seeds for most cycles."""
    return tuple(
        compose((Waypoint(0, Aim(v, a)),), 36, seed, Generator(), tradition_of(name)) for v, a in AIMS for seed in SEEDS
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_tradition_carries_its_files_name_and_describes_itself(name: str) -> None:
    assert tradition_of(name).name == name
    assert len(catalog.about("tradition", name)) > 20


@pytest.mark.parametrize("name", NAMES)
def test_valence_reaches_every_mode_and_never_darkens_as_it_rises(name: str) -> None:
    tradition = tradition_of(name)
    chosen = [tradition.mode_for(valence / 50) for valence in range(-50, 51)]
    assert {mode.name for mode in chosen} == {mode.name for mode in tradition.modes}
    brightness = [mode.brightness for mode in chosen]
    assert brightness == sorted(brightness)
    assert min(brightness) <= -0.8
    assert max(brightness) >= 0.8


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_mode_is_answered_with_the_modes_there_are(name: str) -> None:
    tradition = tradition_of(name)
    with pytest.raises(LookupError, match=f"no mode 'x' in {name}; there are: .*{tradition.modes[-1].name}"):
        tradition.mode("x")


@pytest.mark.parametrize("name", NAMES)
def test_every_note_lies_in_the_scale_or_in_the_chord_that_sounds(name: str) -> None:
    for music in pieces(name):
        for plan, bar, _ in music:
            for note in bar.notes:
                chord = next(c for c in reversed(plan.chords) if c.start_beat <= note.start_beat + 1e-9)
                if note.role != "drums":
                    assert note.pitch % 12 in {*plan.scale, *chord.pitch_classes}, (plan.bar, note)


@pytest.mark.parametrize("name", NAMES)
def test_bars_are_whole(name: str) -> None:
    for music in pieces(name):
        for plan, bar, performed in music:
            assert {note.role for note in bar.notes} <= set(plan.roles)
            assert {"melody", "chords", "bass"} <= {note.role for note in bar.notes}
            assert performed.length_s == plan.length_s
            assert set(performed.programs) == set(plan.roles)
            for note in bar.notes:
                assert 0 <= note.start_beat < plan.beats
                assert 0 < note.beats <= plan.beats - note.start_beat + 1e-9
                assert note.pitch in DRUM_NOTES if note.role == "drums" else 24 <= note.pitch <= 100


@pytest.mark.parametrize("name", NAMES)
def test_aims_steer_mode_tempo_and_fullness(name: str) -> None:
    calm, lively, sad, *_ = (pieces(name)[index * len(SEEDS)] for index in range(len(AIMS)))
    tradition = tradition_of(name)
    assert tradition.mode(calm[0][0].mode).brightness > tradition.mode(sad[0][0].mode).brightness
    assert lively[0][0].tempo_bpm > 1.5 * calm[0][0].tempo_bpm

    def onsets_a_second(music: Piece) -> float:
        onsets = {(bar.bar, round(n.start_s, 1)) for *_, bar in music for n in bar.notes if n.role != "drums"}
        return len(onsets) / sum(bar.length_s for *_, bar in music)

    assert onsets_a_second(lively) > 2 * onsets_a_second(calm)
    assert not any(note.role == "drums" for _, bar, _ in calm for note in bar.notes)
    assert all(any(note.role == "drums" for note in bar.notes) for _, bar, _ in lively)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_theme_returns(name: str) -> None:
    for seed in SEEDS:
        music = compose(parse_path("0:0.7,-0.2"), 36, seed, Generator(), tradition_of(name))
        stated = [rhythm(plan.motif) for plan, _, _ in music[:4]]
        returned = [rhythm(p.motif) for p, _, _ in music if p.section == "A" and p.treatment == "return"]
        assert stated[0] == returned[0]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_arguments_give_the_same_bytes(name: str) -> None:
    path = parse_path("0:-0.8,-0.9 24:0.9,0.9")
    one, other = (composed_file(compose(path, 30, 5, Generator(), tradition_of(name))) for _ in range(2))
    assert one == other
    assert one != composed_file(compose(path, 30, 6, Generator(), tradition_of(name)))


@pytest.mark.parametrize("name", NAMES)
def test_files_and_rolls_hold_every_note(name: str) -> None:
    music = pieces(name)[len(SEEDS)]
    count = sum(len(bar.notes) for *_, bar in music)
    file = mido.MidiFile(file=BytesIO(composed_file(music)))
    assert sum(message.type == "note_on" for track in file.tracks for message in track) == count
    assert piano_roll_svg([(plan, bar) for plan, _, bar in music]).count("fill-opacity") == count


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", NAMES)
def test_any_role_can_play_alone(name: str, role: str) -> None:
    music = compose(parse_path("0:0.5,0.8"), 8, 1, Generator(), tradition_of(name), (role,))
    assert {note.role for _, bar, _ in music for note in bar.notes} == {role}


@pytest.mark.parametrize(("name", "mode"), PARTS)
def test_every_mode_is_sung_by_its_own_grammar(name: str, mode: str) -> None:
    """Long notes rest, phrases end on their finals, and within a bar the way up and down is kept."""
    tradition = tradition_of(name)
    found = tradition.mode(mode)
    if not found.rests:
        assert not tradition.cycles
        return
    for seed in range(3):
        for arousal in (-0.5, 0.7):
            sing(found, compose((Waypoint(0, Aim(found.brightness, arousal)),), 36, seed, Generator(), tradition))


def sing(mode: Mode, music: Piece) -> None:
    size = len(mode.intervals)
    for plan, _, _ in music:
        assert plan.mode == mode.name
        assert plan.motif
        if plan.cadence:
            assert plan.motif[-1].degree % size in mode.finals.values()
        for one, other in pairwise(plan.motif):
            way = (other.degree > one.degree) - (other.degree < one.degree)
            allowed = {1: mode.ascent, -1: mode.descent, 0: ()}[way]
            assert not allowed or other.degree % size in allowed


class Steady:
    """An estimator that always says the same."""

    def estimate(self, features: Features, person: Person) -> Affect:
        return Affect(features.at_s, "known", "as told", Interval(0.4, -1, 1), Interval(-0.3, -0.8, 0.8))


@pytest.mark.parametrize("name", NAMES)
def test_a_live_session_plays_it_without_gap_and_its_log_reads_back(name: str) -> None:
    wanted = Prescription(baseline_s=0.0, length_s=120.0, tradition=name, goal="lift")
    started = Started(
        wanted, seed=3, estimator="resting", generator="rules", baseline=Baseline(180.0, {"hr_bpm": 70.0})
    )
    session, answers, entries = Session(started, Steady(), tradition_of(name), consent_by="3"), (), []
    for number in range(400):
        outcome = session.step(Tick(number, (), (), answers, ()))
        answers = tuple(Generator().compose([outcome.request])) if outcome.request else ()
        entries += outcome.entries
    events = [entry.event for entry in entries if isinstance(entry.event, BarPlanned | BarPerformed)]
    for event in events:
        assert event_from("plan" if isinstance(event, BarPlanned) else "bar", body_of(event)) == event
    latest = {event.bar.bar: event.bar for event in events if isinstance(event, BarPerformed)}
    bars = sorted(latest.values(), key=lambda bar: bar.start_s)
    assert bars[-1].start_s + bars[-1].length_s > 95
    for before, after in pairwise(bars):
        assert before.start_s + before.length_s == pytest.approx(after.start_s, abs=1e-4)
    plans = [event.plan for event in events if isinstance(event, BarPlanned)]
    assert {plan.tradition for plan in plans} == {name}
