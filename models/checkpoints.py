"""Weights by name: safetensors that are loaded only when their bytes are the ones in the list of hashes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from models import shipped
from models.shipped import HASHES, WEIGHTS, WeightsError, known

__all__ = ["HASHES", "LARGEST_BYTES", "WEIGHTS", "Checkpoint", "WeightsError", "known", "read", "ship"]

LARGEST_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True)
class Checkpoint:
    """`about` is what the network is rebuilt from (its shape) and what it was trained on; `tensors` are float32."""

    name: str
    sha256: str
    about: Mapping[str, Any]
    tensors: Mapping[str, Tensor]


def read(name: str, folder: Path = WEIGHTS) -> Checkpoint:
    """The weights under this name. Raises WeightsError when they are missing, cut short or altered."""
    content = shipped.content(name, folder)
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise WeightsError(f"the weights of {name!r} are no safetensors: {error}") from error
    floats = {key: value.float() for key, value in tensors.items()}
    return Checkpoint(name, sha256(content).hexdigest(), shipped.about(content), floats)


def ship(name: str, tensors: Mapping[str, Tensor], about: Mapping[str, Any], folder: Path = WEIGHTS) -> str:
    """Write weights in half precision and list their hash, which is returned. Raises WeightsError above 25 MB."""
    half = {key: value.detach().cpu().to(torch.float16).contiguous() for key, value in tensors.items()}
    size = sum(value.numel() * 2 for value in half.values())
    if size > LARGEST_BYTES:
        raise WeightsError(f"weights of {size / 1e6:.1f} MB; expected at most {LARGEST_BYTES / 1e6:.1f}")
    folder.mkdir(parents=True, exist_ok=True)
    content = save(half, metadata={"about": json.dumps(about, sort_keys=True)})
    (folder / f"{name}.safetensors").write_bytes(content)
    digest = sha256(content).hexdigest()
    shipped.enter(name, digest, folder)
    return digest
