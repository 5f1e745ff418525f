"""From the beats of a window to pulse, RMSSD and SDNN, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.features.intervals import Intervals, lawless, plausible, regular, rmssd, successive
from sensors.features.quality import GATE, Moment
from sensors.readings import Reading

HR_WINDOW_S = 10.0
SHORT_HRV_S = 30.0
HRV_WINDOW_S = 60.0
BEATS_KEPT_S = HRV_WINDOW_S + 30.0
"""Limits of agreement with 5 min: +-62 % at 10 s, +-32 % at 30 s, +-18 % at 60 s (measured on two people)."""
SPARSE_S, SPARSE_NEWEST_S, SPARSE_QUALITY = 30.0, 6.0, 0.45
LEAST_NEW = 3
"""Trusted intervals in the last SPARSE_NEWEST_S: one or two may be chance in what follows a sensor that came off."""
LEAST_SPARSE, LEAST_EVEN = 8, 0.8
"""Clear intervals in 30 s, and how many of them must be even. No kind of noise has as many."""
LEAST_INTERVALS = 4
LEAST_BEATS = 10
FURTHEST_SHARE = 0.6
MOST_CORRECTED = 0.2
VARIABILITY = ("rmssd_ms", "sdnn_ms", "rr_corrected")
STEADIEST_MS = 1.5
"""Least deviation of a heart that beats by itself, far below that of any person (timing alone adds 0.3 to 2 ms)."""
PACED = "pacemaker"
"""The flag of blocks that come from a person with a pacemaker."""
LEAST_COVERAGE = 0.8
LEAST_HRV_COVERAGE = 0.75


@dataclass(frozen=True, eq=False)
class Rhythm:
    """The beats of one window, arrays of shape (beat,).

    `rr_ms` is the interval that ends at the beat (NaN after a gap); `usable` ones lie in a human range
    between clear beats, `trusted` ones are regular too and no artefacts; `follows`: the beat before is the one before
    it here. `corrected` is the share of beats that are wrong: ectopic, missed, extra, misplaced or unclear.
    """

    rr_ms: NDArray[np.float64]
    usable: NDArray[np.bool_]
    trusted: NDArray[np.bool_]
    follows: NDArray[np.bool_]
    quality: float
    corrected: float

    @property
    def bad_share(self) -> float:
        """Share of measured intervals that can't be trusted."""
        measured = int(np.count_nonzero(~np.isnan(self.rr_ms)))
        return 1 - int(self.trusted.sum()) / measured if measured else 1.0


NO_RHYTHM = Rhythm(np.empty(0), *(3 * (np.empty(0, np.bool_),)), quality=0.0, corrected=0.0)


def rhythm_of(beats: Intervals, clear: NDArray[np.bool_], quality: Callable[[float], float]) -> Rhythm:
    """`clear` intervals lie between beats that look like beats; `quality` of the share that is regular."""
    usable = clear & plausible(beats.rr_ms)
    even = regular(beats.rr_ms, usable)
    measured = int(np.count_nonzero(~np.isnan(beats.rr_ms)))
    odd = ~beats.odd & ~even | beats.corrected
    wrong = measured - int(usable.sum()) + int((odd & usable).sum())
    share = int(even.sum()) / max(1, measured)
    return Rhythm(
        beats.rr_ms, usable, even & ~beats.odd, beats.follows, quality(share), corrected=wrong / max(1, measured)
    )


def pulse(moment: Moment, rhythm: Rhythm, source: str, trouble: str) -> Reading:
    """Beats per minute over 10 s."""
    why = moment.silence(HR_WINDOW_S, LEAST_COVERAGE, trouble) or unclear(rhythm, moment)
    # In atrial fibrillation most intervals are irregular and still real: then all usable ones count.
    kept = rhythm.trusted if rhythm.bad_share < 0.5 else _likely(rhythm)
    if not why and np.count_nonzero(kept) < LEAST_INTERVALS:
        why = "too few clear beats"
    if why:
        return moment.absent(why, HR_WINDOW_S, rhythm.quality)
    return moment.known(60_000 / rhythm.rr_ms[kept].mean(), rhythm.quality, HR_WINDOW_S, source)


def _likely(rhythm: Rhythm) -> NDArray[np.bool_]:
    """Usable intervals but for those that one missed or one extra beat would make."""
    middle = np.median(rhythm.rr_ms[rhythm.usable]) if rhythm.usable.any() else 0.0
    return rhythm.usable & (np.abs(rhythm.rr_ms - middle) <= FURTHEST_SHARE * middle)


def sparse_pulse(moment: Moment, rhythm: Rhythm, new_since_s: float, quality: float, source: str) -> Reading | None:
    """Beats per minute over 30 s where ten do not suffice: single clear stretches between bursts of movement.

    `quality` is of the stretches alone; at most SPARSE_QUALITY is given. None where they are too few, uneven or old.
    """
    trusted, usable = int(rhythm.trusted.sum()), int(rhythm.usable.sum())
    quality *= SPARSE_QUALITY
    if moment.silence(SPARSE_S, LEAST_COVERAGE) or quality < GATE or moment.now_s - new_since_s > SPARSE_NEWEST_S:
        return None
    if trusted < LEAST_SPARSE or trusted < LEAST_EVEN * usable:
        return None
    return moment.known(60_000 / rhythm.rr_ms[rhythm.trusted].mean(), quality, SPARSE_S, f"{source}, clear stretches")


def variability(moment: Moment, rhythm_in: Callable[[float], Rhythm], source: str, trouble: str) -> dict[str, Reading]:
    """RMSSD over 60 s (or 30 s, said so), SDNN over 60 s, and the share of beats that had to be left out."""
    window_s = HRV_WINDOW_S if moment.share(HRV_WINDOW_S) >= LEAST_HRV_COVERAGE else SHORT_HRV_S
    why = moment.silence(window_s, LEAST_HRV_COVERAGE, trouble)
    rhythm = NO_RHYTHM if why else rhythm_in(window_s)
    why = why or unclear(rhythm, moment)
    if why:
        return dict.fromkeys(VARIABILITY, moment.absent(why, window_s, rhythm.quality))
    corrected = moment.known(rhythm.corrected, rhythm.quality, window_s, source)
    return {**_variability(moment, rhythm, window_s, source), "rr_corrected": corrected}


def _variability(moment: Moment, rhythm: Rhythm, window_s: float, source: str) -> dict[str, Reading]:
    quality = rhythm.quality * (1 - rhythm.bad_share)
    differences_ms = successive(rhythm.rr_ms, rhythm.trusted, rhythm.follows)
    why = unsteady(rhythm, moment)
    if not why and len(differences_ms) < LEAST_BEATS - 1:
        why = f"fewer than {LEAST_BEATS} clear beats in a row"
    why = why or paced(rhythm)
    if why:
        absent = moment.absent(why, window_s, quality)
        return {"rmssd_ms": absent, "sdnn_ms": absent}
    if window_s == SHORT_HRV_S:
        short = moment.known(rmssd(differences_ms), quality * 0.7, window_s, f"{source}, short window")
        return {"rmssd_ms": short, "sdnn_ms": moment.absent("collecting: needs 60 s", HRV_WINDOW_S, quality)}
    return {
        "rmssd_ms": moment.known(rmssd(differences_ms), quality, window_s, source),
        "sdnn_ms": moment.known(rhythm.rr_ms[rhythm.trusted].std(ddof=1), quality, window_s, source),
    }


def unclear(rhythm: Rhythm, moment: Moment) -> str:
    """Why these beats are not to be believed, or ''."""
    if rhythm.quality >= GATE:
        return ""
    return "too much movement" if (moment.movement_g or 0.0) > 0.1 else "no clear heartbeat"


def unsteady(rhythm: Rhythm, moment: Moment) -> str:
    """Why the intervals between these beats say nothing but the pulse, or ''."""
    why = unclear(rhythm, moment)
    if why:
        return why
    if PACED in moment.flags:
        return "a pacemaker sets the beats: pulse only, no variability"
    if lawless(rhythm.rr_ms[rhythm.usable]):
        return "irregular beats without any order, as in atrial fibrillation: pulse only, no variability"
    if rhythm.corrected > MOST_CORRECTED:
        return f"too many irregular or unclear beats: {rhythm.corrected:.0%} are wrong, {MOST_CORRECTED:.0%} may be"
    return ""


def paced(rhythm: Rhythm) -> str:
    """Whether the heart is too even to beat by itself, in words, or ''."""
    if rhythm.rr_ms[rhythm.trusted].std(ddof=1) >= STEADIEST_MS:
        return ""
    return "beats as even as a pacemaker's: pulse only, no variability"
