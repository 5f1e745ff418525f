"""A phone's clock mapped to the session's by asking it the time: offset from the quickest answer, as NTP does."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sensors.clock import SLEW, STEP_S

KEPT = 16
FIRST_ANSWERS = 4
SURE_S = 0.04
"""With a round trip longer than this, one asks again soon."""
DRIFT = 50e-6
"""What an answer loses in worth each second: phones' crystals are within 50 ppm."""
EARLY_S = 0.25
"""A sample may not come from further in the future than this: then the phone's clock was set."""


@dataclass(frozen=True)
class Answer:
    """One question and its answer, in seconds: sent and arrived on the session clock, the others on the phone's."""

    sent_s: float
    received_s: float
    answered_s: float
    arrived_s: float

    @property
    def round_trip_s(self) -> float:
        return (self.arrived_s - self.sent_s) - (self.answered_s - self.received_s)

    @property
    def offset_s(self) -> float:
        """Session time less phone time, right to half the round trip."""
        return ((self.sent_s - self.received_s) + (self.arrived_s - self.answered_s)) / 2

    def doubt_s(self, now_s: float) -> float:
        return self.round_trip_s / 2 + DRIFT * (now_s - self.arrived_s)


@dataclass
class ExchangedClock:
    """One phone's clock. `steps` counts how often it was found set anew; `wants_answer` while its offset is a guess.

    `stamps_ahead` when the clock is right but samples are stamped later than they come: the sender stamps wrongly.
    """

    steps: int = 0
    wants_answer: bool = True
    stamps_ahead: bool = False
    _suspected_s: float | None = None
    _answers: deque[Answer] = field(default_factory=lambda: deque(maxlen=KEPT))
    _offset_s: float | None = None
    _slewed_s: float = 0.0

    def learn(self, answer: Answer) -> None:
        """An answer with a negative round trip is none, and forgotten."""
        if answer.round_trip_s < 0:
            return
        best = self.best(answer.arrived_s)
        if best is not None:
            apart_s = abs(answer.offset_s - best.offset_s)
            if apart_s > answer.doubt_s(answer.arrived_s) + best.doubt_s(answer.arrived_s) + EARLY_S:
                self.forget()
        self._answers.append(answer)
        if len(self._answers) <= FIRST_ANSWERS:
            self._begin(answer)

    @property
    def is_sure(self) -> bool:
        """Whether the next question may wait."""
        best = min((answer.round_trip_s for answer in self._answers), default=SURE_S)
        return len(self._answers) >= FIRST_ANSWERS and (best < SURE_S or len(self._answers) == KEPT)

    def _begin(self, answer: Answer) -> None:
        """The first answers count at once: nothing was placed yet, or only by guess."""
        if self._suspected_s is not None and abs(self._suspected_s - answer.offset_s) < EARLY_S:
            self.stamps_ahead, self.steps = True, self.steps - 1
        best = self.best(answer.arrived_s)
        self._suspected_s, self.wants_answer = None, False
        self._offset_s, self._slewed_s = (best or answer).offset_s, answer.arrived_s

    def forget(self) -> None:
        """The phone's clock was set, or its process restarted: its offset is unknown until the next answer."""
        self._answers.clear()
        self.wants_answer = True
        self.steps += 1

    def best(self, now_s: float) -> Answer | None:
        return min(self._answers, key=lambda answer: answer.doubt_s(now_s), default=None)

    def offset_s(self, newest_s: float, arrived_s: float) -> float:
        """Session time less phone time, for a message whose newest sample is stamped `newest_s`."""
        by_arrival_s = arrived_s - newest_s
        if self._offset_s is None:
            self._offset_s = by_arrival_s
        elif self._offset_s > by_arrival_s + EARLY_S:
            if self.stamps_ahead:
                return by_arrival_s
            self._suspect(by_arrival_s)
        elif self.wants_answer and self._offset_s < by_arrival_s - STEP_S:
            self._offset_s = by_arrival_s
        self._slew(arrived_s)
        return self._offset_s

    def _suspect(self, by_arrival_s: float) -> None:
        """Samples from the future: the clock was set ahead, unless the next answer says it was not."""
        if not self.wants_answer:
            self._suspected_s = self._offset_s
            self.forget()
        self._offset_s = by_arrival_s

    def _slew(self, arrived_s: float) -> None:
        best = self.best(arrived_s)
        if best is not None and self._offset_s is not None:
            most_s = SLEW * max(0.0, arrived_s - self._slewed_s)
            self._offset_s += min(most_s, max(-most_s, best.offset_s - self._offset_s))
        self._slewed_s = arrived_s
