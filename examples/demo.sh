#!/usr/bin/env bash
# The whole path on pocket, the small model that ships with affectlab: `make demo` runs it.
#
# Pocket is a model organism: its emotions were planted by us. What is found in it shows that the instrument works; it
# says nothing about large models.
set -euo pipefail

OUT=${1:-out/demo}
TEXT="Takeshi wrote the month and the day at the top of the sheet. He ran along the conveyor, breath fast and pulse \
racing. He hurtled through the nettles, thrashing at the wasps. On the rollercoaster his heart leapt."
ASKED="The questions come simultaneously, with immediate turnaround. Answer this instant, the crisis is getting worse."

run() {
    printf '\n$ affectlab'
    printf ' %q' "$@"
    printf '\n'
    affectlab "$@"
}

run study pocket --quick -o "$OUT"
run read "$OUT/vectors.safetensors" "$TEXT" --convention centred --html "$OUT/reading.html"
run steer "$OUT/vectors.safetensors" "0.25*angry" "$ASKED" --layers 3-5 --max-tokens 60

cat <<DONE

Pocket: a planted truth, not a finding about language models. Pictures, to be opened in a browser:
  the report    $OUT/report.html    (held-out topics, lens, scenes, ladders, the map, base against post-trained)
  a reading     $OUT/reading.html
DONE
