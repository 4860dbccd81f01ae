"""What the paper claims, what a study found beside it, and by which rule the two are compared."""

from affectlab.report.claims.claims import Claim, Group, claims, groups
from affectlab.report.claims.results import ClaimResult, claims_json, judge, save_claims
from affectlab.report.claims.verdicts import Ruling, Verdict, verdict

__all__ = [
    "Claim",
    "ClaimResult",
    "Group",
    "Ruling",
    "Verdict",
    "claims",
    "claims_json",
    "groups",
    "judge",
    "save_claims",
    "verdict",
]
