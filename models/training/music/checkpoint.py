"""What a run needs to go on: weights and optimiser state as safetensors, where it stands as text beside them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

FILE, BEST, STANDING = "checkpoint.safetensors", "best.safetensors", "standing.json"


def there(out: Path) -> bool:
    return (out / FILE).is_file() and (out / STANDING).is_file()


def keep(out: Path, model: nn.Module, tools: Sequence[torch.optim.Optimizer], standing: dict[str, Any]) -> None:
    """Write the checkpoint whole or not at all."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for number, tool in enumerate(tools):
        for index, slots in tool.state_dict()["state"].items():
            tensors |= {f"tool.{number}.{index}.{slot}": torch.as_tensor(value) for slot, value in slots.items()}
    _write(out / FILE, tensors)
    _replace(out / STANDING, json.dumps(standing).encode())


def keep_best(out: Path, model: nn.Module) -> None:
    _write(out / BEST, dict(model.state_dict()))


def resume(out: Path, model: nn.Module, tools: Sequence[torch.optim.Optimizer]) -> dict[str, Any]:
    """Put weights and optimisers back where they were; where the run stood. Raises RuntimeError for another shape."""
    tensors = load_file(out / FILE)
    model.load_state_dict({name[6:]: value for name, value in tensors.items() if name.startswith("model.")})
    for number, tool in enumerate(tools):
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith(f"tool.{number}."):
                _, _, index, slot = name.split(".")
                state.setdefault(int(index), {})[slot] = value
        tool.load_state_dict({**tool.state_dict(), "state": state})
    standing: dict[str, Any] = json.loads((out / STANDING).read_text(encoding="utf-8"))
    return standing


def _write(file: Path, tensors: dict[str, Tensor]) -> None:
    part = file.with_suffix(".part")
    save_file({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, part)
    os.replace(part, file)


def _replace(file: Path, content: bytes) -> None:
    part = file.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, file)
