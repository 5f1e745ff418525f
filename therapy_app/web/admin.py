"""For whoever administers accounts: who can sign in. They are changed with `therapy user`."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from therapy_app.records.tables import User
from therapy_app.web.desk import desk

admin = Blueprint("admin", __name__)


@admin.get("/accounts")
def accounts() -> ResponseReturnValue:
    query = select(User).where(User.clinic_id == current_user.clinic_id).order_by(User.email)
    return render_template("accounts.html", accounts=desk().work.scalars(query).all())
