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
from safetensors.torch import load, save_file
from torch import Tensor

WEIGHTS = Path(__file__).parent / "weights"
HASHES = "hashes.json"
LARGEST_BYTES = 25 * 1024 * 1024


class WeightsError(Exception):
    """Why weights can't be used, in a sentence; the rules generator needs none."""


@dataclass(frozen=True)
class Checkpoint:
    """`about` is what the network is rebuilt from (its shape) and what it was trained on; `tensors` are float32."""

    name: str
    sha256: str
    about: Mapping[str, Any]
    tensors: Mapping[str, Tensor]


def known(folder: Path = WEIGHTS) -> dict[str, str]:
    """SHA-256 of every file of weights, by name."""
    listed = folder / HASHES
    if not listed.is_file():
        return {}
    hashes: dict[str, str] = json.loads(listed.read_text(encoding="utf-8"))
    return hashes


def read(name: str, folder: Path = WEIGHTS) -> Checkpoint:
    """The weights under this name. Raises WeightsError when they are missing, cut short or altered."""
    listed = known(folder)
    if name not in listed:
        raise WeightsError(f"no weights named {name!r}; there are: {', '.join(sorted(listed)) or 'none'}")
    try:
        content = (folder / f"{name}.safetensors").read_bytes()
    except OSError as error:
        raise WeightsError(f"the weights of {name!r} can't be read: {(error.strerror or 'unknown').lower()}") from error
    digest = sha256(content).hexdigest()
    if digest != listed[name]:
        raise WeightsError(f"the weights of {name!r} are not the ones that were shipped; their hash differs")
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise WeightsError(f"the weights of {name!r} are no safetensors: {error}") from error
    return Checkpoint(name, digest, _about(content), {key: value.float() for key, value in tensors.items()})


def _about(content: bytes) -> dict[str, Any]:
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    about: dict[str, Any] = json.loads(header.get("__metadata__", {}).get("about", "{}"))
    return about


def ship(name: str, tensors: Mapping[str, Tensor], about: Mapping[str, Any], folder: Path = WEIGHTS) -> str:
    """Write weights in half precision and list their hash, which is returned. Raises WeightsError above 25 MB."""
    half = {key: value.detach().cpu().to(torch.float16).contiguous() for key, value in tensors.items()}
    size = sum(value.numel() * 2 for value in half.values())
    if size > LARGEST_BYTES:
        raise WeightsError(f"weights of {size / 1e6:.1f} MB; expected at most {LARGEST_BYTES / 1e6:.1f}")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.safetensors"
    save_file(half, file, metadata={"about": json.dumps(about, sort_keys=True)})
    digest = sha256(file.read_bytes()).hexdigest()
    hashes = {**known(folder), name: digest}
    (folder / HASHES).write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return digest
