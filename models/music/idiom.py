"""A tradition's tables made into one bar: the melody by its mode's own grammar, the cycle's strokes and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.music.chance import chance
from models.music.fitting import nearest_degree, onsets_for, ornamented, syncopated, thinned
from models.music.form import MOVEMENT, Form, Phrase
from models.music.harmony import Key
from models.music.instruments import DRUM_KIT, PITCHED
from models.music.plan import Aim, FigureNote, Idiom, Stroke
from models.music.themes import Motif, placed
from models.music.tradition import THEME_BEATS, Cycle, FigureRows, Mode

SYNCOPATION_FROM_AROUSAL = 0.3
LONG_BEATS = 1.5
CLOSE_AIR_BEATS = 1


def idiom_for(form: Form, key: Key, aim: Aim, density: float) -> Idiom | None:
    """What the form's tradition asks of the bar at `form`; None for one without cycles."""
    if not form.tradition.cycles:
        return None
    cycle = form.tradition.cycles[form.cycle]
    return Idiom(
        cycle=cycle.name,
        strokes=strokes_at(cycle, bars_into(form), aim.arousal),
        chords=figure_for(cycle.chords, density),
        bass=figure_for(cycle.bass, density),
        counter=form.tradition.counter,
        programs=_programs(form),
        tuning=tuning_of(form.tradition.mode(key.mode), key.tonic),
    )


def bars_into(form: Form) -> int:
    """Bars since the movement began: a cycle of several bars runs on through phrases and sections."""
    before = sum(sum(row.phrases) for row in MOVEMENT[: form.section])
    return before + sum(form.row.phrases[: form.phrase_index]) + form.phrase_bar


def strokes_at(cycle: Cycle, bar: int, arousal: float) -> tuple[Stroke, ...]:
    """The cycle's strokes in one bar, in beats of that bar; where two fall together the stronger sounds."""
    first = bar % cycle.bars * cycle.beats
    loudest: dict[tuple[int, float], float] = {}
    for drum, beat, accent in (stroke for start, row in cycle.strokes if arousal >= start for stroke in row):
        if first <= beat < first + cycle.beats:
            loudest[drum, beat - first] = max(accent, loudest.get((drum, beat - first), 0.0))
    ordered = sorted(loudest.items(), key=lambda item: (item[0][1], item[0][0]))
    return tuple((drum, beat, accent) for (drum, beat), accent in ordered)


def figure_for(rows: FigureRows, density: float) -> tuple[FigureNote, ...]:
    return next(figure for limit, figure in rows if density < limit)


def tuning_of(mode: Mode, tonic: int) -> tuple[float, ...]:
    """Cents by pitch class from C; empty when the mode lies in equal temperament."""
    if not mode.cents:
        return ()
    bent = {(tonic + interval) % 12: float(cents) for interval, cents in mode.cents.items()}
    return tuple(bent.get(tone, 0.0) for tone in range(12))


def _programs(form: Form) -> dict[str, int]:
    pace = form.palette.partition(" ")[0]
    rows = form.tradition.ensembles[pace]
    row = rows[(ord(form.row.label[:1]) + form.movement) % len(rows)]
    return {**dict(zip(PITCHED, row, strict=True)), "drums": DRUM_KIT}


# --- melody -----------------------------------------------------------------------------------------------------


def motif_in_mode(form: Form, phrase: Phrase, aim: Aim, density: float, playing: Sequence[str]) -> Motif:
    """The bar's share of the theme as its mode sings it, in beats of the cycle's bar.

    Long notes rest where the mode rests, the way up and down is the mode's own, also from the bar before, and the
    phrase ends on its final. Where others respond, the leader gives every second bar to them.
    """
    mode, cycle = form.tradition.mode(phrase.key.mode), form.tradition.cycles[form.cycle]
    size, target = len(mode.intervals), round(onsets_for(density) * cycle.beats / THEME_BEATS)
    leads = form.tradition.counter == "response" and "counter" in playing
    swing = _swing(form) if aim.arousal >= SYNCOPATION_FROM_AROUSAL else 0.0

    def line(bar: int) -> Motif:
        motif = rested(thinned(phrase.motifs[bar], target), mode.rests, size)
        if bar == phrase.bars - 1:
            return _ended(motif, mode.finals[form.row.cadences[form.phrase_index]], size)
        if leads and bar % 2:
            return _answered(motif)
        return syncopated(ornamented(motif, target, phrase.motifs[bar + 1][0].degree), swing)

    before = directed(line(form.phrase_bar - 1), mode, None)[-1].degree if form.phrase_bar else None
    return placed(directed(line(form.phrase_bar), mode, before), cycle.places, cycle.pulses)


def _swing(form: Form) -> float:
    section = form.movement * len(MOVEMENT) + form.section
    return float(chance(form.seed, section, "syncopation").random())


def rested(motif: Motif, rests: Sequence[int], size: int) -> Motif:
    """Long notes move to the nearest resting tone."""
    return tuple(
        replace(note, degree=nearest_degree(note.degree, rests, size)) if note.beats >= LONG_BEATS else note
        for note in motif
    )


def _ended(motif: Motif, final: int, size: int) -> Motif:
    """The last note is the final; it leaves a beat of air."""
    kept = [note for note in motif if note.start_beat <= THEME_BEATS - 2] or list(motif[:1])
    last = kept[-1]
    length = min(max(last.beats, 1.0), THEME_BEATS - CLOSE_AIR_BEATS - last.start_beat)
    return (*kept[:-1], replace(last, degree=nearest_degree(last.degree, [final], size), beats=length))


def directed(motif: Motif, mode: Mode, before: int | None) -> Motif:
    """A note reached from below belongs to the ascent, from above to the descent; else the next one that way does.

    `before` is the degree the first note is reached from, None at the start of a phrase.
    """
    size = len(mode.intervals)
    ways = {1: mode.ascent or range(size), -1: mode.descent or range(size), 0: range(size)}
    notes = []
    for note in motif:
        way = 0 if before is None else (note.degree > before) - (note.degree < before)
        onward = (note.degree + way * step for step in range(size))
        before = next(degree for degree in onward if degree % size in ways[way])
        notes.append(replace(note, degree=before))
    return tuple(notes)


def _answered(motif: Motif) -> Motif:
    """What is left to the leader while the others respond: the first tone, for a beat."""
    return (replace(motif[0], beats=min(1.0, motif[0].beats)),)
