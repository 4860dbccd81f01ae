"""Which texts may be used: whole, in English, more than a reply, no copy, and silent about the emotion they carry.

said       what a row says, as plain words, and which emotions it must not name
replies    a refusal, an echo of the request, a text that is cut off or no prose
language   another language than English
leaks      an emotion that is named, or a synonym of it
neutral    a feeling, or a pleasantry, where there should be none
copies     a near-duplicate of a text that was accepted before
screening  all of them in order, row by row; every rejected row is kept with its reason
"""

from affectlab.text.screen.leaks import leak
from affectlab.text.screen.screening import LONGEST, REASONS, SHORTEST, Rejection, Screen, Screening, Share, screen

__all__ = ["LONGEST", "REASONS", "SHORTEST", "Rejection", "Screen", "Screening", "Share", "leak", "screen"]
