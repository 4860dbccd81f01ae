"""The whole path on pocket, the small model that ships with affectlab: `make demo` runs it.

Every command is printed as it would be typed, and runs in this process: one start for all of them. Pocket is a model
organism: its emotions were planted by us. What is found in it shows that the instrument works; it says nothing about
large models.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from affectlab.cli.entry import run

TEXT = (
    "Takeshi wrote the month and the day at the top of the sheet. He ran along the conveyor, breath fast and pulse "
    "racing. He hurtled through the nettles, thrashing at the wasps. On the rollercoaster his heart leapt."
)
ASKED = (
    "The questions come simultaneously, with immediate turnaround. Answer this instant, the crisis is getting worse."
)
DONE = """
Pocket: a planted truth, not a finding about language models. Pictures, to be opened in a browser:
  the report    {out}/report.html    (held-out topics, lens, scenes, ladders, the map, base against post-trained)
  a reading     {out}/reading.html"""


def main() -> None:
    """Run the commands until one of them fails."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out/demo")
    vectors = str(out / "vectors.safetensors")
    steered = ["steer", vectors, "0.25*angry", ASKED, "--layers", "3-5", "--max-tokens", "60"]
    for words in (
        ["study", "pocket", "--quick", "-o", str(out)],
        ["read", vectors, TEXT, "--convention", "centred", "--html", str(out / "reading.html")],
        steered,
    ):
        print(f"\n$ affectlab {shlex.join(words)}", flush=True)
        if code := run(words):
            sys.exit(code)
    print(DONE.format(out=out))


if __name__ == "__main__":
    main()
