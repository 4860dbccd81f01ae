"""Ratings from a table: any scale, in one scale afterwards; what cannot be meant is refused and says where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from affectlab.errors import InputError
from affectlab.geometry import lexicon_norms, read_norms

TABLE = "word,valence,arousal,dominance\ncalm,7,1,5\nafraid,1,8,2\n Happy ,9,6,\n"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_ratings_of_any_scale_come_to_lie_between_minus_one_and_one(tmp_path: Path) -> None:
    norms = read_norms(written(tmp_path / "n.csv", TABLE))
    assert norms.pleasure == {"calm": 0.5, "afraid": -1.0, "happy": 1.0}
    assert norms.arousal["afraid"] == pytest.approx(0.75)
    assert norms.dominance == {"calm": 0.0, "afraid": -0.75}
    assert norms.source == "n.csv"
    table = norms.table(["afraid", "Happy", "unheard"])
    np.testing.assert_array_equal(table[0], [-1, 1, np.nan])
    assert np.isnan(table[2, 1])


def test_the_scale_may_be_given(tmp_path: Path) -> None:
    norms = read_norms(written(tmp_path / "n.csv", TABLE), scale=(1, 11))
    assert norms.pleasure["afraid"] == -1
    assert norms.pleasure["calm"] == pytest.approx(0.2)
    with pytest.raises(InputError, match="outside the scale"):
        read_norms(tmp_path / "n.csv", scale=(1, 7))


def test_ratings_around_zero_stay_as_they_are(tmp_path: Path) -> None:
    text = "emotion;pleasure;arousal\ncalm;0.6;-0.5\nafraid;-0.4;0.7\n"
    assert read_norms(written(tmp_path / "n.csv", text)).pleasure == {"calm": 0.6, "afraid": -0.4}


def test_tabs_other_columns_and_empty_lines_are_taken(tmp_path: Path) -> None:
    text = "\ufeffname\tpleasure\tsd\tarousal\ncalm\t1\tx\t2\n\nafraid\t3\ty\t4\n"
    norms = read_norms(written(tmp_path / "n.tsv", text))
    assert set(norms.pleasure) == {"calm", "afraid"}
    assert not norms.dominance


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty"),
        ("word,arousal\ncalm,1\n", "no column pleasure"),
        ("word,pleasure,valence,arousal\ncalm,1,1,1\n", "there twice"),
        ("word,pleasure,arousal\ncalm,high,1\nafraid,1,2\n", "'high' in row 2"),
        ("word,pleasure,arousal\ncalm,inf,1\nafraid,1,2\n", "'inf' in row 2"),
        ("word,pleasure,arousal\ncalm,1,1\nCalm,2,2\n", "'calm' in row 3"),
        ("word,pleasure,arousal\ncalm,1\n", "2 cells in row 2"),
        ("word,pleasure,arousal\n,1,2\n", "a row without a word"),
        ("word,pleasure,arousal\ncalm,1,1\nafraid,1,2\n", "pleasure does not vary"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, text: str, fault: str) -> None:
    path = written(tmp_path / "n.csv", text)
    with pytest.raises(InputError, match=fault) as caught:
        read_norms(path)
    assert caught.value.where == str(path)


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no norms can be read"):
        read_norms(tmp_path / "none.csv")
    (tmp_path / "n.csv").write_bytes(b"word,pleasure,arousal\n\xff\xfe,1,2\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_norms(tmp_path / "n.csv")


def test_the_lexicon_rates_45_words() -> None:
    norms = lexicon_norms()
    assert len(norms.pleasure) == len(norms.arousal) == len(norms.dominance) == 45
