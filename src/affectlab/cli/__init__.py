"""The command line: one file per verb, each short. What a verb does is in the library; here are its options."""

from affectlab.cli.entry import main, run

__all__ = ["main", "run"]
