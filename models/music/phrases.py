"""Opens a phrase: its key and mode, the chords that lead to its cadence, and the theme's bars it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.music.chance import chance
from models.music.expression import brightness_for
from models.music.form import LAYOUTS, MOVEMENT, Form, Phrase
from models.music.harmony import Key, pivots, progression, scale
from models.music.plan import Aim
from models.music.themes import VARIATIONS, Motif, Theme, augment, characteristic, develop, transpose
from models.music.tradition import Mode

MODE_HYSTERESIS = 0.12
TURN = 0.45
"""By how much the brightness asked for must have left the mode for it to change at once, on the same tonic."""
BUSY_HARMONY_FROM_AROUSAL = 0.35


def open_phrase(form: Form, aim: Aim) -> Phrase:
    """The phrase that begins at `form.bar`, for the aim of its first bar."""
    key, pivot = _key_for(form, aim)
    mode = form.tradition.mode(key.mode)
    bars = form.row.phrases[form.phrase_index]
    kind = form.row.cadences[form.phrase_index]
    per_bar = 2 if aim.arousal >= BUSY_HARMONY_FROM_AROUSAL and len(mode.moves) > 1 else 1
    theme = form.theme(form.row.themes[0]).name if form.row.themes else ""
    # a theme keeps its harmony: the walk depends on theme, mode and cadence, not on the bar
    walk = chance(form.seed, 0, f"harmony {theme or form.bar} {key.mode} {kind} {per_bar} {bars}")
    path = progression(mode, pivot or mode.home, per_bar * (bars - 1) + 1, mode.cadences[kind], walk)
    numerals = tuple(path[i : i + per_bar] for i in range(0, len(path), per_bar))
    return Phrase(
        key=key,
        numerals=numerals,
        cadence=mode.cadences[kind],
        motifs=_motifs(form, mode, bars),
        theme=theme,
        treatment=_treatment(form),
        pivot=bool(pivot),
    )


def turned(form: Form, phrase: Phrase, aim: Aim) -> Phrase:
    """The phrase in another mode on the same tonic from this bar on, when the aim has gone far from its own.

    Its themes and its cadence stay. A mode that is sung by its own grammar is not left within a phrase.
    """
    wish = form.tradition.mode_for(brightness_wish(form, aim))
    per_bar = len(phrase.numerals[0])
    chords = per_bar * (phrase.bars - form.phrase_bar - 1) + 1
    if chords < 2 or not _far(form, aim) or wish.rests:
        return phrase
    cadence = wish.cadences[form.row.cadences[form.phrase_index]]
    walk = chance(form.seed, form.bar, "turn")
    path = progression(wish, wish.home, chords, cadence, walk) if chords > len(cadence) else cadence
    rest = tuple(path[i : i + per_bar] for i in range(0, len(path), per_bar))
    return replace(
        phrase,
        key=Key(phrase.key.tonic, wish.name),
        numerals=(*phrase.numerals[: form.phrase_bar], *rest),
        cadence=cadence,
        pivot=False,
    )


def _far(form: Form, aim: Aim) -> bool:
    """Whether the aim has gone so far from the phrase's mode that it is not led out of it but left."""
    if form.phrase is None:
        return False
    brightness = brightness_wish(form, aim)
    present, wish = form.tradition.mode(form.phrase.key.mode), form.tradition.mode_for(brightness)
    return abs(present.brightness - brightness) - abs(wish.brightness - brightness) >= TURN


def _key_for(form: Form, aim: Aim) -> tuple[Key, str]:
    """The key of the coming phrase and the pivot chord that leads into it ('' when the key stays)."""
    wish = _mode_wish(form, aim)
    tonic = (form.home + 7 * form.row.fifths * form.tradition.travels) % 12
    if form.phrase is None:
        return Key(tonic, wish.name), ""
    if not form.tradition.travels:
        return Key(form.home, wish.name), ""
    old = form.phrase.key
    if old == Key(tonic, wish.name):
        return old, ""
    if _far(form, aim):
        return Key(old.tonic, wish.name), ""
    old_scale = scale(form.tradition.mode(old.mode), old.tonic)
    key = _reachable(old_scale, wish, tonic)
    shared = pivots(old_scale, wish, key.tonic)
    if key == old or not shared:
        return key, ""
    return key, wish.home if wish.home in shared else shared[0]


def brightness_wish(form: Form, aim: Aim) -> float:
    """How bright the mode is to be. A tradition's own mode is chosen for its mood, whatever the pace."""
    return aim.valence if form.tradition.cycles else brightness_for(aim)


def _mode_wish(form: Form, aim: Aim) -> Mode:
    """The mode nearest to the brightness asked for; the present one is kept while it is nearly as near."""
    brightness = brightness_wish(form, aim)
    nearest = form.tradition.mode_for(brightness)
    if form.phrase is None:
        return nearest
    present = form.tradition.mode(form.phrase.key.mode)
    gap = abs(present.brightness - brightness) - abs(nearest.brightness - brightness)
    return present if gap <= MODE_HYSTERESIS else nearest


def _reachable(old_scale: tuple[int, ...], mode: Mode, tonic: int) -> Key:
    """`mode` on `tonic` when a pivot chord leads there, else on the tonic that shares most tones with the old scale.

    From C major to C minor there is no common triad; to A minor there are seven.
    """
    if pivots(old_scale, mode, tonic):
        return Key(tonic, mode.name)

    def nearness(candidate: int) -> tuple[int, int]:
        common = len(set(old_scale) & set(scale(mode, candidate)))
        fifths_away = (candidate - tonic) * 7 % 12
        return common, -min(fifths_away, 12 - fifths_away)

    return Key(max(range(12), key=nearness), mode.name)


def _treatment(form: Form) -> str:
    """A and B are stated once; later statements are returns."""
    again = form.row.treatment == "state" and form.movement > 0 and form.row.themes in ("A", "B")
    return "return" if again else form.row.treatment


def _motifs(form: Form, mode: Mode, bars: int) -> tuple[Motif, ...]:
    """The raw motif of every bar of the phrase, in 4/4; a mode with phrases of its own sings even where others rest."""
    row = form.row
    if not row.themes:
        return augment(_source(form, mode, "A").bars)[:bars] if mode.phrases else ((),) * bars
    themes = [_source(form, mode, letter) for letter in row.themes]
    turn = chance(form.seed, form.movement * len(MOVEMENT) + form.section, "variation")
    if row.treatment == "develop":
        return develop(themes, bars, chance(form.seed, form.bar, "development"))
    source: Sequence[Motif] = themes[0].bars
    if row.treatment == "vary":
        source = VARIATIONS[int(turn.integers(len(VARIATIONS)))](source)
    return tuple(transpose(source[index], steps) for index, steps in LAYOUTS[bars])


def _source(form: Form, mode: Mode, letter: str) -> Theme:
    """The theme as the mode has it: the same each time it comes back in the same mode."""
    theme = form.theme(letter)
    if not mode.phrases:
        return theme
    rng = chance(form.seed, 0, f"phrases {theme.name} {mode.name}")
    return replace(theme, bars=characteristic(theme, mode.phrases, rng))
