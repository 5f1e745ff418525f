"""Who may send: a code that is good once and for ten minutes, then a token; a few wrong codes and everybody waits."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest

from sensors.blocks import Clock

CODE_DIGITS = 8
CODE_LIFE_S = 600.0
WRONG_CODES = 5
WAIT_S = 60.0


@dataclass(frozen=True)
class Chance:
    """Where codes and tokens come from."""

    below: Callable[[int], int] = secrets.randbelow
    token: Callable[[], str] = secrets.token_urlsafe


def spoken(code: str) -> str:
    """'12345678' as people read it: '1234 5678'."""
    return f"{code[:4]} {code[4:]}"


def same(one: str, other: str) -> bool:
    """Takes equally long wherever they differ."""
    return compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


class Pairing:
    """One sensor's lock: at most one code that is good, and at most one token."""

    def __init__(self, clock: Clock, chance: Chance | None = None) -> None:
        self._clock = clock
        self._chance = chance or Chance()
        self.code = ""
        self._code_ends_s = 0.0
        self._token = ""

    @property
    def is_paired(self) -> bool:
        return bool(self._token)

    @property
    def code_left_s(self) -> float:
        """How long the code is still good; 0 without one."""
        return max(0.0, self._code_ends_s - self._clock()) if self.code else 0.0

    def offer(self) -> str:
        """A new code; one that was offered before is void."""
        self.code = f"{self._chance.below(10**CODE_DIGITS):0{CODE_DIGITS}}"
        self._code_ends_s = self._clock() + CODE_LIFE_S
        return self.code

    def withdraw(self) -> None:
        """The code is void: the device that was paired is back."""
        self.code = ""

    def opens_with_code(self, code: str) -> bool:
        good = same(code, self.code)
        return good and self.code_left_s > 0

    def opens_with_token(self, token: str) -> bool:
        return same(token, self._token) and self.is_paired

    def forget(self) -> None:
        """The device that was paired never learnt its token."""
        self._token = ""

    def pair(self) -> str:
        """The code was used: the token of the device that used it. The code, and an earlier token, are void."""
        self.code, self._token = "", self._chance.token()
        return self._token


class WrongCodes:
    """Counts wrong codes, whoever sent them: after five there is a wait, in which no code is tried."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong = 0
        self._until_s = 0.0

    @property
    def wait_s(self) -> float:
        return max(0.0, self._until_s - self._clock())

    def count(self) -> None:
        self._wrong += 1
        if self._wrong >= WRONG_CODES:
            self._wrong, self._until_s = 0, self._clock() + WAIT_S

    def right(self) -> None:
        self._wrong = 0
