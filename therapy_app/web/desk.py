"""What every view needs, made once by the application factory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app
from sqlalchemy import Engine
from sqlalchemy.orm import Session, scoped_session

from therapy_app.web.tail import Seats, Tails

Now = Callable[[], datetime]


@dataclass(frozen=True)
class Desk:
    """`work` is this request's ORM session; `tails` and `seats` live as long as the process."""

    database: Engine
    work: scoped_session[Session]
    tails: Tails
    seats: Seats
    now: Now


def desk() -> Desk:
    return cast(Desk, current_app.extensions["desk"])
