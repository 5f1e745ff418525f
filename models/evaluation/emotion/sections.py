"""The parts of the report, each from what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.calibration import Calibration
from models.evaluation.emotion import clips
from models.evaluation.emotion.clock import reads_clock
from models.evaluation.emotion.learning import curve, in_hindsight, per_state
from models.evaluation.emotion.measures import mean_of, noise_of_calibration
from models.evaluation.emotion.rivals import ENSEMBLE
from models.evaluation.emotion.standing import Standing
from models.evaluation.emotion.study import SEED, Study
from models.evaluation.music.tables import Figure, Section, Table, told
from models.training.emotion.corpora import CORPORA
from models.training.emotion.fit import BODY

NAME = "linear"
CLOCKS = ("hr_bpm", "rmssd_ms", "eda_tonic_us", "eda_slope_per_min", "scr_per_min", "movement_g")
ASKED = 0.72
WORTH = 1.0
"""Points of balanced accuracy that an ensemble must gain on every corpus."""


def figures(study: Study) -> tuple[Figure, ...]:
    """What the project asked of itself, on one corpus."""
    linear, corpus = study.linear, study.name
    return (
        Figure(NAME, f"{corpus}: balanced accuracy", linear.mean("balanced"), ASKED),
        Figure(NAME, f"{corpus}: calibration error", linear.ece, 0.05, at_least=False),
        Figure(NAME, f"{corpus}: 90 % intervals hold, at least", linear.coverage, 0.88),
        Figure(NAME, f"{corpus}: 90 % intervals hold, at most", linear.coverage, 0.92, at_least=False),
    )


def accuracy(study: Study) -> Section:
    """The estimator between its floors."""
    rows = [_row("**`linear`**", study.linear)]
    rows += [_row(f"`linear`, {name}", one) for name, one in study.changed.items()]
    rows += [_row(name, one) for name, one in study.rivals.items()]
    rows += [_row(name, floor) for name, floor in study.floors.items()]
    turned = f"{told(mean_of(study.circular), 3)} (highest {told(max(study.circular), 3)})"
    rows.append(("labels turned round in time", turned, "–", "–", "–", "–", "–", "–"))
    heads = (
        "",
        "balanced accuracy (95 % over people)",
        "AUC",
        "worst person",
        "CCC",
        "RMSE",
        "Brier",
        "all windows",
    )
    choices = sorted({f"{', '.join(c.names)} at C = {c.shrinkage:g}" for c in study.found.choices})
    words = (
        f"{CORPORA[study.name].people}. {study.design.window_s} s windows that don't overlap and carry one label; the "
        f"first {study.people[0].person.rest_s} s are the baseline and are not scored. Choice, fit and calibration "
        f"never saw the person. Chosen, over all folds: {'; '.join(choices)}. *All windows* gives those without any "
        "known second to a coin.\n\n"
        f"**What else could explain it.** {CORPORA[study.name].order}\n\n"
        f"**A warning, no result:** a forest over shuffled, half-overlapping windows of the same people, as such data "
        f"are often reported, has {told(study.leaky, 3)}."
    )
    return Section(study.name, words, (Table(heads, tuple(rows)), _everyone(study)), figures(study))


def _row(name: str, one: Standing) -> tuple[str, ...]:
    low, high = one.between
    worst = f"{told(one.worst.balanced, 3)} ({one.worst.name})"
    rest = (told(one.mean(measure), 3) for measure in ("ccc", "rmse", "brier", "all_windows"))
    between = f"{told(one.mean('balanced'), 3)} ({told(low, 3)} to {told(high, 3)})"
    return (name, between, told(one.mean("auc"), 3), worst, *rest)


def _everyone(study: Study) -> Table:
    rows = []
    for one, (held, width, known) in zip(study.linear.people, study.linear.intervals, strict=True):
        measures = (told(v) for v in (one.balanced, one.auc, one.ccc, one.rmse, one.brier, held, width, known))
        rows.append((one.name, *measures))
    heads = ("person", "balanced", "AUC", "CCC", "RMSE", "Brier", "interval holds", "width", "seconds known")
    return Table(heads, tuple(rows), "Every person, left out:")


def uncertainty(studies: Sequence[Study], calibrations: Mapping[str, Calibration]) -> Section:
    """How far its probabilities and intervals can be believed."""
    rows = []
    for study in studies:
        for name, one in {"": study.linear, **study.changed, **study.rivals}.items():
            held = [share for share, _, _ in one.intervals]
            noise = noise_of_calibration(one.windows, np.random.default_rng(SEED))
            rows.append(
                (
                    f"{study.name}{f', {name}' if name else ''}",
                    told(one.ece, 3),
                    told(noise, 3),
                    told(one.coverage, 3),
                    told(float(np.nanmin(held)), 3),
                    told(one.width),
                    told(1 - one.known, 3),
                )
            )
    heads = ("", "ECE", "ECE by chance", "interval holds", "worst person", "mean width", "seconds unknown")
    table = Table(heads, tuple(rows))
    kinds = tuple((k, told(c.gain), told(c.lapses), told(c.half_width)) for k, c in calibrations.items())
    words = (
        "Gain, lapses (the share of people who react the other way round) and widths come from people left out of the "
        "fit; everything is measured on people left out of that too. *ECE* over ten bins, each person and label "
        "counting the same, as the probability is told under even odds; *by chance* is what a perfectly calibrated "
        "estimate would show on as many windows. The interval is meant to hold the label's anchor (calm -0.5, "
        "stressed +0.5) in nine of ten seconds of a person never seen; each person counts the same. It does not claim "
        "to hold what someone would say they feel: no recording here has that."
    )
    return Section("Uncertainty", words, (table, Table(("shipped: signals", "gain", "lapses", "half-width"), kinds)))


def time(body: Study) -> Section:
    """Which readings are clocks."""
    rows = []
    for reading in CLOCKS:
        raw, used = reads_clock(body.people, reading)
        rows.append((reading, told(raw), told(used)))
    words = (
        "Correlation with elapsed time over calm seconds, mean over people: a reading that drifts while nothing "
        "happens is a clock, and in a protocol of one order a clock is worth "
        f"{told(body.floors['elapsed time alone'].mean('balanced'), 3)} balanced accuracy. Skin temperature is left "
        "out. Tonic skin conductance is never used by its level: only by its distance from a level that follows it "
        "within a quarter of an hour."
    )
    return Section("What reads the clock", words, (Table(("reading", "as measured", "as used"), tuple(rows)),))


def reports(studies: Sequence[Study]) -> Section:
    """What self-reports bring."""
    rows, asked = [], []
    for study in studies:
        if study.name != BODY.corpus:
            continue
        points = [*curve(study.linear.windows, np.random.default_rng(SEED))]
        points.append(per_state(study.linear.windows, np.random.default_rng(SEED)))
        for point in points:
            before, after = (mean_of([s.balanced for s in own]) for own in (point.before, point.after))
            errors = (told(mean_of([s.rmse for s in own]), 3) for own in (point.before, point.after))
            worse = sum(gain < -0.02 for gain in point.gains)
            rows.append((point.name, told(before, 3), told(after, 3), *errors, str(worse)))
        gain = mean_of(points[-1].gains)
        asked.append(Figure(NAME, "points gained by two reports a state", 100 * gain, 3.0))
        worst = 100 * min((g for g in points[-1].gains if g == g), default=float("nan"))
        asked.append(Figure(NAME, "points of the person who loses most by them", worst, -2.0))
    heads = ("reports", "balanced before", "after", "RMSE before", "after", "people worse by over 2 points")
    words = (
        "Bias and gain of a person's estimates, moved by what they said (`models/personal.py`). Reports are made up: "
        "the label's anchor with an error of SD 0.2, at a window of the first half of the session; the second half is "
        "scored. *2 a state*: at the first two windows of each state, scored on all windows after them. Reports tell "
        "how often a person is stressed, which moves the probability away from even odds: the error of arousal may "
        "fall while balanced accuracy does too. With a level that follows the person there is little left to correct: "
        "the bias that in hindsight puts a person's mean calm and stressed estimates evenly round the middle gains "
        f"{100 * in_hindsight(studies[0].linear.windows):.1f} points."
    )
    return Section("What a person's own reports bring", words, (Table(heads, tuple(rows)),), tuple(asked))


def films(ratings: Mapping[str, Mapping[str, float]], reason: str) -> Section:
    """Floors for continuous affect; empty with a `reason` when the ratings are not there."""
    rows = (
        tuple((name, *(told(ratings[m][name], 3) for m in clips.COLUMNS)) for name in clips.FLOORS) if ratings else ()
    )
    words = (
        "Continuous ratings of 30 people watching eight film clips (CASE, 0.5 to 9.5), predicted without any sensor: "
        "RMSE on people left out, per clip, then the mean. These are floors for whoever reports continuous affect "
        "from physiology; nothing of ours was measured there, as its physiology could not be had. Published across "
        "people (EPiC 2023, scenario 2; folds differ a little): best team .872 arousal and .873 valence, the median "
        "of twelve about 1.29 and 1.34."
    )
    table = (Table(("predictor", *clips.COLUMNS), rows),) if rows else ()
    return Section(
        "Films: what no sensor is needed for", words + (f"\n\nNot measured: {reason}." if reason else ""), table
    )


def peers() -> Section:
    """What others reach, as they tell it."""
    rows = (
        ("Stress-Predict, 60 s, LOSO, logistic, 12 wrist features, rest baseline", "BA .665", "before this work"),
        ("the same with whole-session normalisation (uses the future)", "BA .726", "a warning"),
        ("EEGMAT, F7 F8 T5 T6, 10 s, LOSO, logistic", "BA .678", "before this work"),
        ("CalmSense, WESAD wrist, LOSO binary", "forest .893, logistic .860; movement alone .885", "published"),
        ("CalmSense, from WESAD to another data set", "BA .573", "published"),
        ("CalmSense, calibration error", ".146, after 20 windows of the person .069", "published"),
        ("LibEER, DEAP arousal from EEG across people, best of 12", "accuracy 51.5", "published"),
        ("LibEER, DEAP valence from EEG across people, best of 12", "accuracy 57.8", "published"),
    )
    words = "Other data, other protocols: to be read beside our figures, not against them."
    return Section("What others reach", words, (Table(("what", "figure", "source"), rows),))


def together(studies: Sequence[Study]) -> Section:
    """Whether two estimators are worth more than one."""
    gains = {
        study.name: 100 * (study.rivals[ENSEMBLE].mean("balanced") - study.linear.mean("balanced")) for study in studies
    }
    told_of = ", ".join(f"{told(gain, 1)} points on {name}" for name, gain in gains.items())
    earned = all(gain > WORTH for gain in gains.values())
    words = (
        "`network` is a GRU over the last minute in steps of five seconds, of the readings that `linear` would choose, "
        "run second by second as in a session, with its own choice, fit and calibration without the person. "
        "*Ensemble*: the mean of both calibrated log odds, in balanced accuracy beside `linear` alone: "
        f"{told_of}. It earns its place where it gains more than {WORTH:g} point on both corpora: "
        f"{'it does' if earned else 'it does not, and is not built'}."
    )
    return Section("The network, and both together", words, ())


def limits() -> Section:
    """What none of this shows."""
    words = (
        "- **Valence** is not estimated from the body: prior, what the person says, and a whisper of EEG asymmetry "
        "(at most 0.1), with a wide interval. No recording here has valence labels, so it has no figure here.\n"
        "- Both corpora have one order of conditions. No figure above separates stress from order for good.\n"
        "- Healthy adults in laboratories; nothing here was measured on clients, at home, or to music.\n"
        "- Which readings may be chosen, how fast rest is forgotten (15 min) and where distances are cut off (1.5 "
        "spreads) were settled while looking at these same people; only choice, fit and calibration are nested. "
        "Beta was left out of EEG on principle, not by score.\n"
        "- `network` had one setting and no search. In training all look back equally far, so that neither a gap nor a "
        "beginning tells the label; still, in eegmat calm and task are one recording each, and part of what it reads "
        "there may be how a recording begins rather than load."
    )
    return Section("What this does not show", words)
