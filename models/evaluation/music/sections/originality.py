"""Originality: runs of nine melody notes that stand in training works, beside those of held-out human works."""

from __future__ import annotations

from models.evaluation.music.originality import NOTES, SAME_TUNE, Copied, copied, held_out, lines_of, training
from models.evaluation.music.study import Study
from models.evaluation.music.tables import Figure, Section, Table


def section(study: Study) -> Section:
    words = (
        f"A run of {NOTES} melody notes is known when a training work has it in interval and rhythm, in any key and "
        "tempo; runs of fewer than three pitches are nobody's. Held-out works of people (valid and test split) are "
        f"the measure: with them all, and without those that share {SAME_TUNE} notes in a row with a training work, "
        "which are the same tune under another name."
    )
    if study.corpus is None:
        return Section("Originality", f"{words} Left out: no corpus, so no training works to compare with.")
    works = training(study.corpus)
    people = held_out(study.corpus)
    strict = copied(people, works, same_tunes=False)
    rows = [_row("human, all", copied(people, works)), _row("human, the same tunes left out", strict)]
    figures = []
    for name in study.generators:
        found = copied(lines_of([*study.grid(name), *study.long(name)]), works)
        rows.append(_row(name, found))
        name_of = f"share of {NOTES}-note runs known, at most as in held-out works"
        figures.append(Figure(name, name_of, found.of_runs, round(strict.of_runs, 4), at_least=False))
    heads = ("who", "melodies", "runs", "runs known", "melodies with one")
    return Section("Originality", words, (Table(heads, tuple(rows)),), tuple(figures))


def _row(who: str, found: Copied) -> tuple[str, ...]:
    return who, str(found.pieces), str(found.runs), f"{100 * found.of_runs:.2f} %", f"{100 * found.of_pieces:.0f} %"
