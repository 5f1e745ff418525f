"""One client's live session: the service around `sensors` and `models`."""

from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
for _name in ("models", "sensors"):
    _found = find_spec(_name)
    _place = Path(_found.origin).resolve() if _found and _found.origin else None
    if _place != HOME / _name / "__init__.py":
        raise ImportError(
            f"another package named {_name!r} ({_place}) hides ours; install this project in its own environment"
        )
