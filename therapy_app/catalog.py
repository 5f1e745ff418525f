"""Finds a part by name. A file in the folder is its registration; installed packages add theirs by entry point."""

import ast
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.metadata import entry_points
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType

FOLDERS = {
    "sensor": "sensors.adapters",
    "estimator": "models.emotion",
    "generator": "models.music.generators",
    "tradition": "models.music.traditions",
}


def names(kind: str) -> list[str]:
    """Every part of a kind, sorted."""
    if kind not in FOLDERS:
        raise LookupError(f"no parts of kind {kind!r}; there are: {', '.join(FOLDERS)}")
    ours = [module.name for module in iter_modules(import_module(FOLDERS[kind]).__path__)]
    theirs = [entry.name for entry in entry_points(group=f"therapy_app.{kind}")]
    return sorted({*ours, *theirs})


def find(kind: str, name: str) -> ModuleType:
    """Import the module that is this part."""
    if name not in names(kind):
        raise LookupError(f"no {kind} named {name!r}; there are: {', '.join(names(kind))}")
    for entry in entry_points(group=f"therapy_app.{kind}", name=name):
        module: ModuleType = entry.load()
        return module
    return import_module(f"{FOLDERS[kind]}.{name}")


def load_all(kinds: Sequence[str]) -> None:
    """Imports every part of these kinds now, so that no session waits for it later."""
    for kind in kinds:
        for name in names(kind):
            find(kind, name)


def about(kind: str, name: str) -> str:
    """The part's own first line, read from its source: what it imports may be large."""
    modules = {entry.name: entry.module for entry in entry_points(group=f"therapy_app.{kind}")}
    spec = find_spec(modules.get(name, f"{FOLDERS[kind]}.{name}"))
    source = spec.loader.get_source(spec.name) if spec and isinstance(spec.loader, InspectLoader) else None
    return (ast.get_docstring(ast.parse(source or "")) or "").partition("\n")[0]
