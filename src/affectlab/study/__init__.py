"""The whole path on one model: texts, vectors, checks, map, comparison, report.

settings  how large a study is
ledger    which stages are done, and with what
stages    what each stage does, with the pieces of the package
commands  what gives each stage's numbers again
pictures  figures from what the stages found
path      the stages one after another, and the report
"""

from affectlab.study.path import Outcome, study
from affectlab.study.settings import FULL, QUICK, Settings

__all__ = ["FULL", "QUICK", "Outcome", "Settings", "study"]
