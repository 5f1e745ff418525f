"""What a run needs to go on: weights and optimiser state as safetensors, with where it stands in the same file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

FILE, BEST, STANDING = "checkpoint.safetensors", "best.safetensors", "standing.json"


def there(out: Path) -> bool:
    return (out / FILE).is_file()


def keep(out: Path, model: nn.Module, tools: Sequence[torch.optim.Optimizer], standing: Mapping[str, Any]) -> None:
    """Write the checkpoint whole or not at all; `standing` also as text beside it, for people."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for number, tool in enumerate(tools):
        for index, slots in tool.state_dict()["state"].items():
            tensors |= {f"tool.{number}.{index}.{slot}": torch.as_tensor(value) for slot, value in slots.items()}
    replace(out / FILE, _bytes(tensors, {"standing": json.dumps(standing)}))
    replace(out / STANDING, json.dumps(standing).encode())


def keep_best(out: Path, model: nn.Module) -> None:
    replace(out / BEST, _bytes(model.state_dict()))


def put_best(out: Path, model: nn.Module) -> None:
    """Give the model the best weights of the run. Raises ValueError when there are none, or of another shape."""
    if not (out / BEST).is_file():
        raise ValueError(f"no weights in {out} copied little enough to be kept; more minutes or more data may help")
    _put(model, _read(out / BEST), out)


def resume(out: Path, model: nn.Module, tools: Sequence[torch.optim.Optimizer]) -> dict[str, Any]:
    """Put weights and optimisers back where they were; where the run stood. Raises ValueError for another shape."""
    tensors = _read(out / FILE)
    _put(model, {name[6:]: value for name, value in tensors.items() if name.startswith("model.")}, out)
    for number, tool in enumerate(tools):
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith(f"tool.{number}."):
                _, _, index, slot = name.split(".")
                state.setdefault(int(index), {})[slot] = value
        tool.load_state_dict({**tool.state_dict(), "state": state})
    return _standing(out)


def _standing(out: Path) -> dict[str, Any]:
    """From the checkpoint itself, so that both are of one moment; checkpoints without it have it beside them."""
    with safe_open(out / FILE, "pt") as file:
        within = (file.metadata() or {}).get("standing")
    standing: dict[str, Any] = json.loads(within or (out / STANDING).read_text(encoding="utf-8"))
    return standing


def forget(out: Path) -> None:
    """Take away what a run has left, so that the next one begins anew."""
    for name in (FILE, BEST, STANDING):
        (out / name).unlink(missing_ok=True)


def _read(file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except SafetensorError as error:
        raise ValueError(f"{file} is broken: {error}; begin anew with --anew") from error


def _put(model: nn.Module, tensors: Mapping[str, Tensor], out: Path) -> None:
    own = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    there = {name: tuple(value.shape) for name, value in tensors.items()}
    if own != there:
        name = min(name for name in own.keys() | there.keys() if own.get(name) != there.get(name))
        raise ValueError(
            f"the run in {out} is of another network: {name} is {there.get(name, 'missing')}, expected "
            f"{own.get(name, 'nothing')}; use the generator, width and layers it began with, or another folder"
        )
    model.load_state_dict(tensors)


def _bytes(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    return save({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, metadata)


def replace(file: Path, content: bytes) -> None:
    """Write beside and move into place. Raises OSError that names the file, and leaves no half one."""
    part = file.with_suffix(".part")
    try:
        part.write_bytes(content)
        os.replace(part, file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(file)) from error
