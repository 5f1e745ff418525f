"""Works: one music, one split, whatever the file is called."""

from collections import Counter

import pytest

from models.training.corpus.works import catalogue_keys, composer_key, joined, split_of, title_key, work_keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Beethoven, Ludwig van", ["String Quartet No.1, Op.18 No.1"]), ("BeethovenLv", ["Quartet", "Op. 18"])),
        (("Bach, Johann Sebastian", ["Chorale BWV 244.40"]), ("BachJS", ["Matthäus-Passion", "BWV244"])),
        (("Schubert, Franz", ["Winterreise, D.911"]), ("SchubertF", ["Gute Nacht", "D911"])),
        (("Mozart, Wolfgang Amadeus", ["Quartet, K.589"]), ("MozartWA", ["Quartet KV 589"])),
        (("Mendelssohn, Felix", ["Lieder, Op.19"]), ("Mendelssohn-BartholdyF", ["Op. 19"])),
        (("traditional", ["The Béthune Lass"]), ("Anonymous", ["Bethune Lass, The"])),
    ],
)
def test_the_same_work_in_two_collections_has_a_common_name(
    one: tuple[str, list[str]], other: tuple[str, list[str]]
) -> None:
    assert set(work_keys(*one)) & set(work_keys(*other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Beethoven, Ludwig van", ["Op.18"]), ("Beethoven, Ludwig van", ["Op.59"])),
        (("Schubert, Franz", ["Op.18"]), ("Schumann, Robert", ["Op.18"])),
        (("Bach, Johann Sebastian", ["BWV 24"]), ("Bach, Johann Sebastian", ["BWV 244"])),
        (("traditional", ["The Kitchen Maid"]), ("traditional", ["The Dairy Maid"])),
    ],
)
def test_different_works_have_none(one: tuple[str, list[str]], other: tuple[str, list[str]]) -> None:
    assert not set(work_keys(*one)) & set(work_keys(*other))


def test_names_are_read_as_the_collections_write_them() -> None:
    assert composer_key("Saint-Saëns, Camille") == composer_key("SaintSaensC") == "saintsaens c"
    assert composer_key("[Traditional]") == composer_key("Anonymous") == composer_key("traditional") == ""
    assert title_key("The Lass (of Bethune)") == "lass"
    assert catalogue_keys("Haydn: Quartet in G, Hob.III:75, Op. 76 No. 1") == ["hobiii75", "op76"]
    assert catalogue_keys("Opera, hopeful, do 7") == []


def test_pieces_that_share_a_name_are_one_work_also_through_a_third() -> None:
    works = joined({"1": ("b|op1", "~x"), "2": ("c|song", "~x"), "3": ("c|song",), "4": ("d|song",)})
    assert works == {"1": "b|op1", "2": "b|op1", "3": "b|op1", "4": "d|song"}


def test_the_split_is_ninety_five_five_and_never_changes() -> None:
    count = Counter(split_of(f"composer|op{number}") for number in range(4000))
    assert 0.88 < count["train"] / 4000 < 0.92
    assert 0.035 < count["valid"] / 4000 < 0.065
    assert 0.035 < count["test"] / 4000 < 0.065
    # A change here would move works that a trained model has seen into the splits that judge it.
    assert [split_of(work) for work in ("beethoven l|op18", "bach j|bwv244", "chopin f|op28")] == [
        "valid",
        "train",
        "test",
    ]
