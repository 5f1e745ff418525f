"""Keeps what the body's signals say: blocks in at any pace, all readings out once a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from sensors.blocks import SampleBlock, StreamInfo
from sensors.features.eda import Skin
from sensors.features.eeg import Brain
from sensors.features.events import EventIntake
from sensors.features.heart import HeartWave
from sensors.features.intake import Intake, Piece
from sensors.features.motion import Motion
from sensors.features.quality import Moment, best
from sensors.features.respiration import Belt
from sensors.features.slow import TooSlow, too_slow
from sensors.features.strap import BeatIntervals, PulseNumber
from sensors.readings import Features, Reading


class Signal(Protocol):
    """Turns one stream's pieces into readings. `reset` is a gap: no state may reach across it."""

    def take(self, piece: Piece) -> None: ...
    def reset(self) -> None: ...
    def readings(self, moment: Moment) -> dict[str, Reading]: ...


SAMPLED: Mapping[str, type[HeartWave] | type[Skin] | type[Brain] | type[Motion] | type[Belt]] = {
    "acc": Motion,
    "ecg": HeartWave,
    "ppg": HeartWave,
    "eda": Skin,
    "eeg": Brain,
    "resp": Belt,
}
EVENTS: Mapping[str, type[BeatIntervals] | type[PulseNumber]] = {"rr": BeatIntervals, "hr": PulseNumber}
PREFERENCE = ("acc", "resp", "ecg", "rr", "ppg", "hr", "eda", "eeg")
"""Order in which streams are asked: movement first, as the others need it; then the surer heart first."""


class Track:
    """One stream: its intake and its signal."""

    def __init__(self, info: StreamInfo) -> None:
        self.info = info
        self.intake: Intake | EventIntake
        self.signal: Signal
        if info.rate_hz is None:
            self.intake, self.signal = EventIntake(info), EVENTS[info.modality](info)
        else:
            sampled = TooSlow(info) if too_slow(info) else SAMPLED[info.modality](info)
            self.intake = Intake(info, sampled.piece_s, channelwise=info.modality == "eeg")
            self.signal = sampled

    def readings(self, now_s: float, movement_g: float | None) -> dict[str, Reading]:
        for piece in self.intake.until(now_s):
            if piece is None:
                self.signal.reset()
            else:
                self.signal.take(piece)
        intake = self.intake
        moment = Moment(now_s, intake.coverage, intake.problem, movement_g, intake.flags, intake.device_quality)
        return self.signal.readings(moment)


class Window:
    """All streams of one person. Deterministic: the same blocks and the same seconds give the same features."""

    def __init__(self) -> None:
        self._tracks: dict[str, Track] = {}
        self._ignored: Counter[str] = Counter()

    def add(self, block: SampleBlock) -> None:
        """Take a block of any stream; a stream whose rate or channels change starts anew."""
        info = block.info
        if info.modality not in (EVENTS if info.rate_hz is None else SAMPLED):
            self._ignored[info.stream] += 1
            return
        track = self._tracks.get(info.stream)
        if track is None or track.info != info:
            track = self._tracks[info.stream] = Track(info)
        track.intake.offer(block)

    def describe(self, now_s: float) -> Features:
        """Readings of everything sampled up to `now_s`; call once a second, with rising `now_s`."""
        movement_g: float | None = None
        found: dict[str, list[Reading]] = {}
        for track in sorted(self._tracks.values(), key=lambda track: PREFERENCE.index(track.info.modality)):
            readings = track.readings(now_s, movement_g)
            if track.info.modality == "hr" and any(beats.coverage > 0.5 for beats in found.get("hr_bpm", ())):
                continue  # a device's own number is no second opinion on beats that we can judge ourselves
            for name, reading in readings.items():
                found.setdefault(name, []).append(reading)
            if track.info.modality == "acc":
                movement_g = best(found["movement_g"]).value
        return Features(now_s, {name: best(readings) for name, readings in found.items()})

    @property
    def used(self) -> dict[str, int]:
        """Samples that were read, by stream. What is neither used nor in a dropped block is still waiting."""
        return {stream: track.intake.used for stream, track in self._tracks.items()}

    @property
    def dropped(self) -> dict[str, Counter[str]]:
        """Blocks not used, by stream and why: repeated, late, future, unusable, no such signal."""
        counts = {stream: track.intake.dropped for stream, track in self._tracks.items()}
        return counts | {stream: Counter(ignored=count) for stream, count in self._ignored.items()}
