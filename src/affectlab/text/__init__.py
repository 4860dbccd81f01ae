"""Labelled texts: a strict schema, folds by topic, a content hash, Parquet."""

from affectlab.text.corpus import Corpus, write_parquet
from affectlab.text.reading import corpus_of, read_corpus
from affectlab.text.rows import KINDS, TextRow, Turn, check_row

__all__ = ["KINDS", "Corpus", "TextRow", "Turn", "check_row", "corpus_of", "read_corpus", "write_parquet"]
