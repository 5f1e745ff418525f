"""Theme memory: what a generator sang for a theme's first statement becomes the theme that returns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.music.fitting import chord_at
from models.music.form import LAYOUTS, Form
from models.music.plan import Bar, MusicPlan, Note, ThemeNote
from models.music.themes import THREE_FOUR, Motif, Theme, transpose
from models.music.writing.melody import lowest_tonic
from models.music.writing.voices import pitch_in_key, voice


def remember(form: Form, plan: MusicPlan, bar: Bar) -> Form:
    """The form after `bar` was written for `plan`: a theme's bar that was sung has been stated, as it was sung."""
    sung = voice(bar.notes, "melody")
    if plan.theme_bar is None or not sung:
        return form
    return _with(form, plan, _as_motif(sung, plan) if bar.own_melody else None)


def _as_motif(sung: list[Note], plan: MusicPlan) -> Motif:
    """The melody free of key and metre: degrees above the tonic of the plan's register, in beats of 4/4."""
    base = _tonic(plan)
    metre = THREE_FOUR if plan.beats == 3 else (0, 1, 2, 3, 4)

    def beat(at: float) -> float:
        return float(np.interp(at, metre, range(5)))

    return tuple(
        ThemeNote(
            _degree(note, base, plan),
            beat(note.start_beat),
            beat(note.start_beat + note.beats) - beat(note.start_beat),
        )
        for note in sung
    )


def _tonic(plan: MusicPlan) -> int:
    """The MIDI pitch of degree 0, as the rules place it when a theme returns."""
    middle = lowest_tonic(plan) + 5.5
    return min((12 * octave + plan.scale[0] for octave in range(3, 8)), key=lambda base: abs(base - middle))


def _degree(note: Note, base: int, plan: MusicPlan) -> int:
    chord, size = chord_at(plan.chords, note.start_beat), len(plan.scale)
    degrees = range(-2 * size, 4 * size)
    return min(degrees, key=lambda degree: abs(pitch_in_key(degree, base, plan, chord) - note.pitch))


def _with(form: Form, plan: MusicPlan, motif: Motif | None) -> Form:
    """The form whose theme has this bar, also in the phrase that is under way."""
    themes = tuple(_replaced(theme, plan, motif) if theme.name == plan.theme else theme for theme in form.themes)
    form = replace(form, themes=themes)
    phrase = form.phrase
    if motif is None or phrase is None or phrase.theme != plan.theme or phrase.treatment not in ("state", "return"):
        return form
    bars = form.theme(plan.theme[:1]).bars
    motifs = tuple(transpose(bars[index], steps) for index, steps in LAYOUTS[phrase.bars])
    return replace(form, phrase=replace(phrase, motifs=motifs))


def _replaced(theme: Theme, plan: MusicPlan, motif: Motif | None) -> Theme:
    assert plan.theme_bar is not None
    bars = tuple(motif if motif and index == plan.theme_bar else bar for index, bar in enumerate(theme.bars))
    here = frozenset({plan.theme_bar})
    return replace(theme, bars=bars, stated=theme.stated | here, sung=theme.sung | here if motif else theme.sung)
