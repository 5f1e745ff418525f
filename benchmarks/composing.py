"""How fast the learned composers write: a token, a bar, a first bar; what loading and holding one takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.figure import Figure

PROMPT, STEPS = 256, 60
LARGE = {"width": 320, "layers": 6, "heads": 8}
"""About 9 million parameters: the size that the figures asked for are about. Chance weights are as fast as learned."""
BARS, BATCH = 48, 32


def measure() -> list[Figure]:
    """In a process of its own, so that what it holds is what a composer holds."""
    told = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=True).stdout
    return [Figure(**row) for row in json.loads(told.splitlines()[-1])]


def _loaded() -> tuple[object, list[Figure]]:
    from therapy_app.engine.composer import Commission, Composer

    begun = time.perf_counter()
    composer = Composer()
    composer.generator("transformer")
    loaded = time.perf_counter()
    composer.compose([Commission(1, "transformer", 1.0, _requests(1)[0])])
    first = time.perf_counter()
    return composer, [
        Figure("transformer: import and load", round(loaded - begun, 2), "s", 1.5),
        Figure("transformer: first bar after load", round(1000 * (first - loaded)), "ms", 300),
    ]


def _requests(count: int) -> list:  # type: ignore[type-arg]
    from models.music.plan import Aim, BarRequest
    from models.music.planner import begin, next_bar
    from models.music.traditions.western import TRADITION

    plans = [next_bar(begin(seed, TRADITION), Aim(0.5, 0.4))[1] for seed in range(count)]
    return [BarRequest(plan, (), seed) for seed, plan in enumerate(plans)]


def _bars() -> list[Figure]:
    """A piece of five roles bar by bar, each bar as an engine asks for it: alone, with eight bars before it."""
    from models.music.compose import REMEMBERED_BARS, bar_seed
    from models.music.generators.transformer import Generator
    from models.music.memory import remember
    from models.music.plan import Aim, BarRequest
    from models.music.planner import begin, next_bar
    from models.music.traditions.western import TRADITION

    generator, form, previous, took_s, music_s = Generator(), begin(3, TRADITION), (), [], 0.0
    for number in range(BARS):
        form, plan = next_bar(form, Aim(0.6, 0.6))
        begun = time.perf_counter()
        (bar,) = generator.compose([BarRequest(plan, previous[-REMEMBERED_BARS:], bar_seed(3, number))])
        took_s.append(time.perf_counter() - begun)
        previous, form, music_s = (*previous, bar), remember(form, plan, bar), music_s + plan.length_s
    return [
        Figure("transformer: a bar of five roles, p95", round(1000 * float(np.percentile(took_s, 95))), "ms", 150),
        Figure("transformer: seconds for 20 s of music", round(20 * sum(took_s) / music_s, 2), "s", 1),
    ]


def _tokens() -> list[Figure]:
    import torch

    from models.music.condition import SIZE
    from models.music.networks.transformer import Prompt, Shape, Transformer

    network = Transformer(Shape(**LARGE)).ready()
    prompt = Prompt(torch.randint(3, 800, (PROMPT,)), torch.rand(9, SIZE), torch.arange(PROMPT) // 40)

    def step_ms(bars: int, sides: int) -> float:
        """Median over single tokens of so many bars, each after a long prompt; two sides are guided."""
        rows = bars * sides
        batch = network.begin([prompt] * bars, torch.rand(rows, SIZE), STEPS)
        return 1000 * float(np.median([_timed(lambda: batch.step(torch.full((rows,), 5))) for _ in range(STEPS)]))

    with torch.inference_mode():
        alone, guided, many, many_guided = step_ms(1, 1), step_ms(1, 2), step_ms(BATCH, 1), step_ms(BATCH, 2)
    return [
        Figure("9M transformer: a token alone (500 a second)", round(alone, 2), "ms", 2.0),
        Figure("9M transformer: a token alone, guided", round(guided, 2), "ms", 4.0),
        Figure("9M transformer: a token in a batch of 32 (1,600 a second)", round(many / BATCH, 3), "ms", 0.625),
        Figure("9M transformer: a token in a batch of 32, guided", round(many_guided / BATCH, 3), "ms", 1.25),
    ]


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _resident_mb() -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> None:
    _, loading = _loaded()
    bars = _bars()
    held = Figure("transformer: resident memory of a composer", round(_resident_mb()), "MB", 600)
    rows = [*loading, *bars, held, *_tokens()]
    sys.stdout.write(json.dumps([vars(row) for row in rows]) + "\n")


if __name__ == "__main__":
    main()
