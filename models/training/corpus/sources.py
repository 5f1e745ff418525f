"""Where the pieces of each collection lie, what they are called, and how they are read: one reader a collection."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from models.training.corpus.abc import Tune, read_tune, tunes
from models.training.corpus.archives import beginning_of_musicxml, content
from models.training.corpus.collections import CC0, CC_BY_4, INFORMAL, NOT_FREE, PUBLIC_DOMAIN
from models.training.corpus.midi import read_midi
from models.training.corpus.score import Refused, Score
from models.training.corpus.works import title_key


@dataclass(frozen=True)
class Source:
    """A piece that may be read: `file` within its folder, titles by which its work is known, and its reader.

    `load` gives the bytes that its hash is of, `read` the score of those bytes; both may raise Refused.
    `work` names the work outright where title and composer do not tell it.
    """

    file: str
    title: str
    composer: str
    licence: str
    style: str
    load: Callable[[], bytes]
    read: Callable[[bytes], Score]
    aliases: tuple[str, ...] = ()
    credit: str = ""
    work: str = ""


def _words(name: str) -> str:
    return name.replace("_", " ").strip()


def _lieder(folder: Path) -> Iterator[Source]:
    scores = {path.stem: path for path in folder.rglob("*.mxl")}
    for path in sorted((folder / "midi").glob("*.mid")):
        *_, composer, cycle, title, number = ["", "", *path.stem.split("__")]
        song = _words(title) if cycle.strip("_") == "" else f"{_words(cycle)}: {_words(title)}"
        names = (_words(title),) if cycle.strip("_") == "" else (_words(cycle),)
        yield Source(
            path.relative_to(folder).as_posix(),
            song,
            _words(composer),
            CC0,
            "song",
            partial(content, path),
            partial(_song, scores.get(number)),
            names,
        )


def _song(musicxml: Path | None, midi: bytes) -> Score:
    """The MIDI, with the pickup from the MusicXML beside it."""
    score = read_midi(midi)
    stated = stated_pickup(beginning_of_musicxml(musicxml)) if musicxml else None
    return replace(score, pickup=stated)


def stated_pickup(musicxml: str) -> int | None:
    """Length of the first measure in grid steps, None where the text does not hold a whole one."""
    measure = re.search(r"<measure\b[^>]*>(.*?)</measure>", musicxml, re.DOTALL)
    divisions = re.search(r"<divisions>(\d{1,6})</divisions>", measure[1]) if measure else None
    if measure is None or divisions is None or not int(divisions[1]):
        return None
    at = longest = 0
    for kind, text in re.findall(r"<(note|backup|forward)\b(.*?)</\1>", measure[1], re.DOTALL):
        duration = re.search(r"<duration>(\d{1,6})</duration>", text)
        if duration and "<grace" not in text and "<chord/>" not in text:
            at += int(duration[1]) * (-1 if kind == "backup" else 1)
            longest = max(longest, at)
    return round(longest * 12 / int(divisions[1])) or None


def _named(style: str, licence: str, folder: Path) -> Iterator[Source]:
    """Files named composer, work, movement, parted by two underscores."""
    for path in sorted(folder.rglob("*.mid")):
        composer, work, *rest = path.stem.split("__")
        movement = f", {rest[0]}" if len(rest) > 1 else ""
        file = path.relative_to(folder).as_posix()
        title = _words(work)
        yield Source(
            file, title + movement, _words(composer), licence, style, partial(content, path), read_midi, (title,)
        )


MUTOPIA_STYLES: Mapping[str, str] = {
    "Baroque": "baroque",
    "Classical": "classical",
    "Romantic": "romantic",
    "Romantique": "romantic",
    "Romanticism": "romantic",
    "Renaissance": "renaissance",
    "Hymn": "hymn",
    "Gospel": "hymn",
    "Folk": "folk",
    "Jazz": "ragtime",
    "Song": "song",
}
MUTOPIA_FIELDS = ("path", "mutopiatitle", "title", "style", "license", "maintainer", "lic")
MUTOPIA_LICENCES: Mapping[str, str] = {"pd": PUBLIC_DOMAIN, "ccby": "CC-BY"}


def _mutopia(folder: Path) -> Iterator[Source]:
    try:
        rows = [json.loads(line) for line in content(folder / "index.jsonl").decode().splitlines()]
        listed = {file: {key: str(row[key]) for key in MUTOPIA_FIELDS} for row in rows for file in row["midi"]}
    except (ValueError, KeyError, TypeError) as reason:
        raise Refused(f"index.jsonl is broken: {reason!r}") from reason
    for path in sorted(folder.rglob("*.mid")):
        file = path.relative_to(folder).as_posix()
        row = listed.get(file)
        if row is None or row["lic"] not in MUTOPIA_LICENCES:
            yield Source(
                file, path.stem, "", "not stated", "other", partial(_refuse, "no licence is stated"), read_midi
            )
            continue
        composer = path.name.partition("__")[0]
        title = row["mutopiatitle"] or row["title"] or path.stem
        licence = row["license"] if row["license"].startswith("Creative") else MUTOPIA_LICENCES[row["lic"]]
        yield Source(
            file,
            title,
            composer,
            licence,
            MUTOPIA_STYLES.get(row["style"], "other"),
            partial(content, path),
            read_midi,
            (title, _opus_in(row["path"])),
            row["maintainer"],
        )


def _opus_in(path: str) -> str:
    """'BeethovenLv/O18/…' to 'Op. 18'; other lists as they stand in the second folder."""
    folders = path.split("/")[1:2]
    opus = re.fullmatch(r"O(\d+)", folders[0]) if folders else None
    return f"Op. {opus[1]}" if opus else (folders[0] if folders else "")


def _refuse(why: str) -> bytes:
    raise Refused(why)


def _chopin(folder: Path) -> Iterator[Source]:
    for path in sorted((folder / "midi_unique").glob("*.mid")):
        kern = folder / "kern" / f"{path.stem}.krn"
        head = kern.read_text("utf-8", "replace")[:4000] if kern.is_file() else ""
        fields = dict(reversed(re.findall(r"(?m)^!!!(OPS|OTL|ONM|AGN):\s*(.+)$", head)))
        opus = fields.get("OPS", "") or f"WN {path.stem.split('-')[0]}"
        title = ", ".join(part for part in (fields.get("OTL", fields.get("AGN", "")), opus) if part)
        file = path.relative_to(folder).as_posix()
        yield Source(file, title, "Chopin, Fryderyk", CC_BY_4, "piano", partial(content, path), read_midi, (opus,))


GROOVE_COLUMNS = {"drummer", "session", "style", "bpm", "beat_type", "midi_filename"}


def _groove(folder: Path) -> Iterator[Source]:
    root = folder / "groove"
    with (root / "info.csv").open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines)
        if lacking := GROOVE_COLUMNS - set(table.fieldnames or ()):
            raise Refused(f"info.csv lacks the columns {', '.join(sorted(lacking))}")
        for row in table:
            path = root / row["midi_filename"]
            played = partial(read_midi, played=True)
            session = "eval" if "eval_session" in row["session"] else row["session"]
            yield Source(
                path.relative_to(folder).as_posix(),
                f"{row['style']} {row['beat_type']} at {row['bpm']}",
                row["drummer"],
                CC_BY_4,
                "drums",
                partial(_there, path),
                played,
                work=f"groove|{session}|{row['style']}",
            )


def _there(path: Path) -> bytes:
    if not path.is_file():
        raise Refused("listed, but not there")
    return content(path)


def _chorales(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.glob("*.mid")):
        title = f"Chorale {path.stem.upper().replace('BWV', 'BWV ')}"
        read, load = read_midi, partial(content, path)
        yield Source(path.name, title, "Bach, Johann Sebastian", INFORMAL, "hymn", load, read, (title,))


def _folk(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.rglob("*.abc")):
        book = path.relative_to(folder).as_posix()
        for tune in tunes(_text(content(path))):
            titles = tune.titles or (f"{book} {tune.number}",)
            yield Source(
                f"{book}#{tune.number}",
                titles[0],
                "traditional",
                INFORMAL,
                "folk",
                partial(_tune_bytes, tune),
                partial(_read_tune, tune),
                titles,
                tune.fields.get("Z", ""),
            )


def _text(book: bytes) -> str:
    try:
        return book.decode("utf-8")
    except UnicodeDecodeError:
        return book.decode("latin-1")


def _tune_bytes(tune: Tune) -> bytes:
    return tune.text.encode()


def _read_tune(tune: Tune, _: bytes) -> Score:
    return read_tune(tune)


def _standards(folder: Path) -> Iterator[Source]:
    for path in sorted((folder / "world_pd").glob("*.mid")):
        _, composer, title, *_ = [*path.stem.split("__"), "", ""]
        why = next((reason for name, reason in NOT_FREE.items() if name in path.name), "")
        load = partial(_refuse, f"not free: {why}") if why else partial(content, path)
        file = path.relative_to(folder).as_posix()
        words = _words(title)
        # Known by title alone, so that a folk book's version of the tune falls into the same split.
        work = f"traditional|{title_key(words)}"
        yield Source(file, words, _words(composer), INFORMAL, "standard", load, read_midi, work=work)


SOURCES: Mapping[str, Callable[[Path], Iterator[Source]]] = {
    "openscore_lieder": _lieder,
    "openscore_string_quartets": partial(_named, "quartet", CC0),
    "openscore_hauptstimme": partial(_named, "orchestral", CC0),
    "mutopia": _mutopia,
    "chopin_first_editions": _chopin,
    "groove": _groove,
    "bach_chorales_m21_midi": _chorales,
    "folk_abc_pd": _folk,
    "openewld_pd": _standards,
}
