"""Plans one bar at a time: key, mode, phrase, chords, cadence and the theme's share. Pure: Form in, Form out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.music.chance import chance
from models.music.expression import (
    clamp,
    density_for,
    drums_play,
    polyphony_for,
    register_for,
    tempo_for,
)
from models.music.fitting import closed, fitted, onsets_for, ornamented, syncopated, thinned
from models.music.form import LAYOUTS, MOVEMENT, Form, Phrase
from models.music.harmony import (
    FUNCTIONS,
    TONICS,
    borrowed,
    coloured,
    function,
    pitch_classes,
    scale,
)
from models.music.idiom import SYNCOPATION_FROM_AROUSAL, idiom_for, motif_in_mode
from models.music.instruments import palette_for
from models.music.phrases import brightness_wish, open_phrase, turned
from models.music.plan import ROLES, Aim, Chord, MusicPlan
from models.music.themes import Motif, Theme, make_theme, squeeze
from models.music.tradition import Tradition

__all__ = ["begin", "next_bar", "tempo_for"]

COUNTER_FROM_POLYPHONY = 0.3
COLOURED_SHARE = {True: 0.25, False: 0.5}  # of the chords, by whether valence is above 0
ORNAMENT_FROM_DENSITY = 0.35
SLACK = 2
"""A theme that returns keeps its own number of notes while the density asks for no more or fewer than this apart."""
THREE_FOUR_SHARE = 0.3


def begin(seed: int, tradition: Tradition, roles: Sequence[str] = ROLES) -> Form:
    """The state before the first bar. Raises ValueError for a role that is not in `ROLES` or a negative seed."""
    first = make_theme("A", chance(seed, 0, "theme A"))
    themes = (first, make_theme("B", chance(seed, 0, "theme B"), first), make_theme("C", chance(seed, 0, "theme C")))
    ordered = tuple(role for role in ROLES if role in roles)
    unknown = tuple(role for role in roles if role not in ROLES)
    home = int(chance(seed, 0, "home").integers(12))
    return _in_cycle(Form(seed, tradition, ordered + unknown, home, themes))


def _in_cycle(form: Form) -> Form:
    """The movement's rhythmic cycle, where the tradition has any; the metre stays as it is elsewhere."""
    cycles = form.tradition.cycles
    if not cycles:
        return form
    row = int(chance(form.seed, form.movement, "cycle").integers(len(cycles)))
    return replace(form, cycle=row, beats=cycles[row].beats)


def next_bar(form: Form, aim: Aim) -> tuple[Form, MusicPlan]:
    """The plan of bar `form.bar` for `aim`, and the state after it. The same arguments give the same plan."""
    opening = form.phrase_bar == 0
    if opening and form.phrase_index == 0:
        form = replace(form, palette=palette_for(aim, form.palette))
    drums = "drums" in form.roles and drums_play(aim, form.drums) and (opening or form.drums)
    form = replace(form, drums=drums)
    phrase = form.phrase
    phrase = open_phrase(form, aim) if opening or phrase is None else turned(form, phrase, aim)
    return _advance(replace(form, phrase=phrase)), _plan(form, phrase, aim)


def _advance(form: Form) -> Form:
    """The state one bar later."""
    form = replace(form, bar=form.bar + 1, phrase_bar=form.phrase_bar + 1)
    if form.phrase_bar < form.row.phrases[form.phrase_index]:
        return form
    form = replace(form, phrase_bar=0, phrase_index=form.phrase_index + 1)
    if form.phrase_index < len(form.row.phrases):
        return form
    form = replace(form, phrase_index=0, section=form.section + 1)
    return form if form.section < len(MOVEMENT) else _next_movement(form)


def _next_movement(form: Form) -> Form:
    number = form.movement + 1
    rng = chance(form.seed, form.bar, "movement")
    fresh = make_theme(f"C{number + 1}", chance(form.seed, form.bar, "theme C"))
    moved = replace(
        form,
        movement=number,
        section=0,
        home=(form.home + int(rng.choice((0, 5, 7)))) % 12,
        beats=3 if rng.random() < THREE_FOUR_SHARE else 4,
        themes=(*form.themes[:2], fresh),
    )
    return _in_cycle(moved)


# --- bar --------------------------------------------------------------------------------------------------------


def _plan(form: Form, phrase: Phrase, aim: Aim) -> MusicPlan:
    mode = form.tradition.mode(phrase.key.mode)
    tones = scale(mode, phrase.key.tonic)
    chords = _chords(form, phrase, aim)
    last = form.phrase_bar == phrase.bars - 1
    arch = 1 - abs(2 * (form.phrase_bar + 1) / (phrase.bars + 1) - 1)
    density = clamp(density_for(aim) + form.row.lift)
    polyphony = clamp(polyphony_for(aim) + form.row.lift)
    playing = _playing(form, polyphony)
    if mode.rests:
        motif = motif_in_mode(form, phrase, aim, density, playing)
    else:
        motif = _motif(form, phrase, aim, chords, tones, density)
    return MusicPlan(
        bar=form.bar,
        aim=aim,
        tradition=form.tradition.name,
        tonic=TONICS[phrase.key.tonic],
        mode=mode.name,
        scale=tones,
        beats=form.beats,
        tempo_bpm=tempo_for(aim),
        chords=chords,
        section=form.row.label,
        phrase_bar=form.phrase_bar,
        phrase_bars=phrase.bars,
        cadence="-".join(phrase.cadence) if last else "",
        theme=phrase.theme,
        treatment=_treatment(form, phrase),
        motif=motif,
        density=density,
        polyphony=polyphony,
        register=clamp(register_for(aim) + 0.06 * arch + form.row.lift),
        tension=_tension(form, chords, aim, arch),
        roles=playing,
        palette=form.palette,
        idiom=idiom_for(form, phrase.key, aim, density),
        theme_bar=_first_stated(form, phrase),
    )


def _theme_bar(form: Form, phrase: Phrase) -> tuple[Theme, int, int] | None:
    """(theme, which of its bars, moved by how many steps) that the phrase brings in this bar of a statement."""
    if phrase.treatment not in ("state", "return") or not phrase.theme:
        return None
    return form.theme(phrase.theme[:1]), *LAYOUTS[phrase.bars][form.phrase_bar]


def _first_stated(form: Form, phrase: Phrase) -> int | None:
    """The theme's bar that is heard here for the first time. A mode with phrases of its own states those instead."""
    found = _theme_bar(form, phrase)
    if found is None or form.tradition.mode(phrase.key.mode).phrases:
        return None
    theme, bar, steps = found
    return bar if steps == 0 and bar not in theme.stated else None


def _treatment(form: Form, phrase: Phrase) -> str:
    """A bar of a statement that was sung before in this piece is a return."""
    found = _theme_bar(form, phrase)
    return "return" if found and found[1] in found[0].stated else phrase.treatment


def _chords(form: Form, phrase: Phrase, aim: Aim) -> tuple[Chord, ...]:
    """The bar's chords. Colour follows valence bar by bar; the cadence and a pivot stay plain."""
    mode = form.tradition.mode(phrase.key.mode)
    numerals = phrase.numerals[form.phrase_bar]
    closing = form.phrase_bar >= phrase.bars - 2
    plain = closing or (phrase.pivot and form.phrase_bar == 0)
    spans = _spans(len(numerals), form.beats)
    chords = []
    for index, numeral in enumerate(numerals):
        rng = chance(form.seed, form.bar, f"colour {index}")
        if not plain:
            bright = brightness_wish(form, aim)
            lent = borrowed(numeral, mode, bright)
            numeral = coloured(lent, form.tradition, phrase.key, bright, rng, COLOURED_SHARE[bright > 0])
        chords.append(Chord(numeral, pitch_classes(numeral, phrase.key.tonic), *spans[index]))
    return tuple(chords)


def _spans(count: int, beats: int) -> tuple[tuple[float, float], ...]:
    """(start, beats) of each chord: the first of two takes the larger half."""
    if count == 1:
        return ((0.0, float(beats)),)
    half = float((beats + 1) // 2)
    return ((0.0, half), (half, beats - half))


def _motif(
    form: Form, phrase: Phrase, aim: Aim, chords: tuple[Chord, ...], tones: tuple[int, ...], density: float
) -> Motif:
    """The bar's share of the theme, made thinner or fuller for the density and fitted to the chords."""
    raw = phrase.motifs[form.phrase_bar]
    if not raw:
        return ()
    raw = squeeze(raw) if form.beats == 3 else raw
    last = form.phrase_bar == phrase.bars - 1
    target = round(onsets_for(density) * form.beats / 4) + (
        phrase.treatment == "vary" and density >= ORNAMENT_FROM_DENSITY
    )
    if _sung(form, phrase):
        target = len(raw) if abs(len(raw) - target) <= SLACK else target
    motif = fitted(thinned(raw, target), chords, tones)
    if last:
        to_root = phrase.cadence[1] == form.tradition.mode(phrase.key.mode).home
        return closed(motif, chords[-1], tones, form.beats, to_root)
    following = next((note.degree for note in phrase.motifs[form.phrase_bar + 1]), None)
    motif = ornamented(motif, target, following)
    if form.beats == 4 and aim.arousal >= SYNCOPATION_FROM_AROUSAL:
        swing = chance(form.seed, form.movement * len(MOVEMENT) + form.section, "syncopation").random()
        motif = syncopated(motif, float(swing))
    return motif


def _sung(form: Form, phrase: Phrase) -> bool:
    """Whether the bar brings a bar of a theme as a generator sang it, which then keeps its notes if it can."""
    found = _theme_bar(form, phrase)
    return found is not None and found[1] in found[0].sung


def _tension(form: Form, chords: tuple[Chord, ...], aim: Aim, arch: float) -> float:
    """The phrase's arch, the section's lift, the last chord's function, arousal, and less with valence."""
    pull = FUNCTIONS.index(function(chords[-1].numeral)) / 2
    return clamp(0.2 + 0.2 * arch + 2 * form.row.lift + 0.15 * pull + 0.2 * aim.arousal - 0.15 * aim.valence)


def _playing(form: Form, polyphony: float) -> tuple[str, ...]:
    resting = set()
    if polyphony < COUNTER_FROM_POLYPHONY and len(form.roles) > 1:
        resting.add("counter")
    if not form.drums:
        resting.add("drums")
    playing = tuple(role for role in form.roles if role not in resting)
    return playing or form.roles
