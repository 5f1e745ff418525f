"""Feeds whatever bytes a fuzzer finds to the decoders of devices' bytes, for as long as one likes.

    pip install atheris
    python tests/fuzz/fuzz_decoders.py polar_frame -max_total_time=600

Names, of which none means all, are those of `decoders.py`; the rest goes to libFuzzer. The tests run the same checks
on some hundred inputs of each decoder (tests/sensors/test_decoders.py); this looks for longer, and follows the branches
it has seen.
"""

import sys

import atheris  # no part of the project's own environment

with atheris.instrument_imports(include=["sensors", "decoders"]):
    from decoders import DECODERS, check


def main() -> None:
    asked = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    unknown = sorted({*asked} - {*DECODERS})
    if unknown:
        raise SystemExit(f"no decoder named {unknown[0]!r}; there are: {', '.join(DECODERS)}")

    def take(content: bytes) -> None:
        for name in asked or DECODERS:
            check(name, content)

    atheris.Setup([argument for argument in sys.argv if argument not in asked], take)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
