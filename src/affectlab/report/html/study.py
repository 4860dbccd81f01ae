"""What a report is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go

from affectlab.findings import Findings
from affectlab.report.claims import Claim, ClaimResult, Ruling
from affectlab.report.claims.verdicts import POCKET


@dataclass(frozen=True, eq=False)
class FigureBlock:
    """A figure with its caption. Claims name the figure that shows them by its key."""

    key: str
    figure: go.Figure
    caption: str

    @property
    def alt(self) -> str:
        """What the figure shows, for those who cannot see it."""
        meta = self.figure.layout.meta
        return str(meta["alt"]) if isinstance(meta, dict) and "alt" in meta else self.caption


@dataclass(frozen=True, eq=False)
class Study:
    """The whole path on one model, ready to be told.

    Findings, commands and figures stand under the name of their stage; `hashes` under the name of what they are of.
    """

    title: str
    model: str
    register: str
    stages: Mapping[str, Findings]
    claims: Sequence[ClaimResult]
    commands: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Sequence[FigureBlock]] = field(default_factory=dict)

    @property
    def organism(self) -> bool:
        """Whether the model is one whose truth we planted."""
        return self.register == POCKET

    def of(self, group: str) -> list[ClaimResult]:
        """The claims of a group."""
        return [result for result in self.claims if result.claim.group == group]

    def ruled(self, ruling: Ruling) -> list[ClaimResult]:
        """The claims that ended so."""
        return [result for result in self.claims if result.verdict.ruling is ruling]

    def figure(self, claim: Claim) -> FigureBlock | None:
        """The figure that shows a claim, wherever it stands."""
        blocks = (block for stage in self.figures.values() for block in stage)
        return next((block for block in blocks if block.key == claim.figure), None)
