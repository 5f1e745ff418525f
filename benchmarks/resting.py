"""Where the resting rule's spreads come from, and what it tells on wrists: `python -m benchmarks.resting DATA`.

DATA holds the unpacked folders `stress-predict` and `eegmat`. Both are training data, seen while the constants were
set: the figures describe the rule, they are no test of it. Everyone in stress-predict has the same order of conditions.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from models.emotion.resting import TERMS, Estimator
from models.person import Person, rest_of
from models.smoothing import Smoothing
from models.unrest import SIGNS, measured, unrest
from sensors.blocks import SampleBlock, StreamInfo
from sensors.readings import Features
from sensors.recordings.readers import open_recording
from sensors.recordings.seconds import blocks_of, describe
from sensors.window import Window

REST_S = 180
EEG_REST_S = 90
HEADBAND = ("F7", "F8", "T5", "T6")
Spreads = dict[str, list[float]]
Minutes = dict[str, list[list[Features]]]


def labels_of(folder: Path) -> dict[int, dict[float, float]]:
    """Per person: the label (0 rest, 1 stress) of each second of wall time."""
    with gzip.open(folder / "Processed_data" / "Improved_All_Combined_hr_rsp_binary.csv.gz") as file:
        rows = np.genfromtxt(file, delimiter=",", skip_header=1)
    people: dict[int, dict[float, float]] = defaultdict(dict)
    for row in rows:
        people[int(row[0])][row[3]] = row[4]
    return people


def wrist(folder: Path, person: int) -> tuple[float, list[Features]]:
    """(when the recording began, its seconds)."""
    place = folder / "Raw_data" / f"S{person:02d}"
    with gzip.open(place / "BVP.csv.gz", "rt") as file:
        began = float(file.readline().split(",")[0])
    recording = open_recording(place)
    return began, list(describe(blocks_of(recording), recording.start_s, recording.end_s))


def collect(moments: list[Features], rest: dict[str, float], since_s: float, spreads: Spreads) -> None:
    for moment in moments:
        for name, term in TERMS.items():
            value = moment.value(name)
            if moment.at_s > since_s and value is not None and name in rest:
                spreads[name].append(term.scale(value) - term.scale(rest[name]))


def felt(moments: list[Features], person: Person) -> Iterator[tuple[float, float]]:
    """(second, smoothed arousal) where it is known."""
    smoothing = Smoothing()
    for moment in moments:
        affect, smoothing = smoothing.after(Estimator().estimate(moment, person))
        if affect.arousal is not None:
            yield moment.at_s, affect.arousal.value


def heads(folder: Path, spreads: Spreads) -> int:
    """EEG spreads against the first seconds of the resting recording; how many people."""
    files = sorted(folder.rglob("Subject*_1.npz"))
    for file in files:
        for part, since_s in ((file, EEG_REST_S), (file.with_name(file.name.replace("_1", "_2")), 0)):
            moments = list(_head(part))
            if part == file:
                rest = rest_of(moments[:EEG_REST_S], float(EEG_REST_S))
            if rest is not None:
                collect(moments, dict(rest.medians), since_s, spreads)
    return len(files)


def _head(file: Path) -> Iterator[Features]:
    held = np.load(file)
    names = [str(name) for name in held["ch"]]
    samples = (held["x"][[names.index(name) for name in HEADBAND]] * float(held["scale_uV"])).T.astype(np.float32)
    info, window = StreamInfo("eeg", "eeg", HEADBAND, 128.0), Window()
    for second in range(len(samples) // 128):
        window.add(SampleBlock(info, second, float(second), samples[128 * second : 128 * (second + 1)]))
        yield window.describe(float(second + 1))


def unrests(moments: list[Features], labels: dict[float, float], began: float, found: Minutes) -> None:
    """Sorts stretches as long as a baseline by what the person was asked to do in them."""
    found["their baseline"].append(moments[:REST_S])
    for start in range(REST_S, len(moments) - REST_S, REST_S):
        stretch = moments[start : start + REST_S]
        said = [labels.get(began + moment.at_s) for moment in stretch]
        for name, label in (("later rest", 0.0), ("stress", 1.0)):
            if said.count(label) > 0.9 * len(said):
                found[name].append(stretch)


def tell_unrest(found: Minutes) -> None:
    for name, stretches in found.items():
        refused = np.mean([unrest(stretch) != "" for stretch in stretches])
        click.echo(f"{name}: {len(stretches)} stretches of {REST_S} s, refused as rest: {refused:.1%}")
        for sign in SIGNS:
            sizes = [abs(size) for stretch in stretches if (size := measured(sign, stretch)) is not None]
            told = f"95 % below {np.percentile(sizes, 95):.2f}, most {max(sizes):.2f}, limit {sign.most:g}"
            click.echo(f"  {sign.reading} {sign.measure.__name__}: {told}")


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(data: Path) -> None:
    spreads: Spreads = defaultdict(list)
    minutes: Minutes = defaultdict(list)
    tells, clock, arousals, truths, pulses = [], [], [], [], []
    for number, labels in sorted(labels_of(data / "stress-predict").items()):
        began, moments = wrist(data / "stress-predict", number)
        rest = rest_of(moments[:REST_S], float(REST_S))
        unrests(moments, labels, began, minutes)
        if rest is not None:
            collect(moments, dict(rest.medians), REST_S, spreads)
        pulses.append(np.mean([moment.value("hr_bpm") is not None for moment in moments]))
        known = [(at_s, a) for at_s, a in felt(moments, Person(rest)) if at_s > REST_S and began + at_s in labels]
        truth = [labels[began + at_s] for at_s, _ in known]
        if len(set(truth)) == 2:
            tells.append(roc_auc_score(truth, [a for _, a in known]))
            clock.append(roc_auc_score(truth, [at_s for at_s, _ in known]))
            arousals += [a for _, a in known]
            truths += truth
    people = heads(data / "eegmat", spreads)
    fit = LogisticRegression(class_weight="balanced").fit(np.array(arousals)[:, None], truths)
    slope = float(fit.coef_[0, 0])
    tell_unrest(minutes)
    for name, values in spreads.items():
        click.echo(f"spread {name:14} SD {np.std(values):.3f}  in the rule {TERMS[name].spread}")
    click.echo(f"stress-predict: {len(tells)} people, AUC mean {np.mean(tells):.2f}, worst {min(tells):.2f}")
    click.echo(f"floor, elapsed time: AUC mean {np.mean(clock):.2f}")
    click.echo(f"logistic of arousal: slope {slope:.2f}, centre {-float(fit.intercept_[0]) / slope:.2f}")
    click.echo(f"seconds with a pulse: median {np.median(pulses):.2f}, least {min(pulses):.2f}; EEG of {people} people")


if __name__ == "__main__":
    main()
