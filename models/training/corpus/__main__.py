"""`python -m models.training.corpus DATA_DIR OUT_DIR`: archives in, manifest and shards out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from models.training.corpus.build import build
from models.training.corpus.collections import COLLECTIONS


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.training.corpus",
        description="Reads the collections of scores, reduces them to roles and writes manifest and shards.",
        epilog="example: python -m models.training.corpus ~/scores ~/corpus --formal-only",
    )
    parser.add_argument("data", type=Path, help="folder with NAME.tar.gz or NAME/ for each collection")
    parser.add_argument("out", type=Path, help="folder for manifest.jsonl, train/valid/test.npz and what is kept")
    parser.add_argument("--only", nargs="+", choices=list(COLLECTIONS), metavar="NAME", help="these collections only")
    parser.add_argument("--formal-only", action="store_true", help="leave out encodings without a formal licence")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth piece only, for a quick look")
    chosen = parser.parse_args(arguments)
    if chosen.every < 1:
        parser.error(f"--every {chosen.every}; expected 1 or more")
    if not chosen.data.is_dir():
        sys.stderr.write(f"no folder {chosen.data}; expected the one that holds the collections\n")
        return 1
    names = [name for name in chosen.only or COLLECTIONS if COLLECTIONS[name].formal or not chosen.formal_only]
    started = time.monotonic()
    summary = build(chosen.data, chosen.out, names, chosen.every, sys.stderr)
    summary["seconds"] = round(time.monotonic() - started, 1)
    sys.stdout.write(json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
    return 0 if summary["pieces"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
