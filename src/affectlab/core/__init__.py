"""The nouns and the conventions, written once. Everything here is frozen and needs numpy alone."""

from affectlab.core.arrays import Bools, Doubles, Floats, Ints
from affectlab.core.places import START, Marks, Tokens, check_sites, default_layer, middle_layers, parse_layers
from affectlab.core.readings import Convention, Reading, Readout
from affectlab.core.score import Score
from affectlab.core.steering import Mix, Receipt, Steer, parse_mix

__all__ = [
    "START",
    "Bools",
    "Convention",
    "Doubles",
    "Floats",
    "Ints",
    "Marks",
    "Mix",
    "Reading",
    "Readout",
    "Receipt",
    "Score",
    "Steer",
    "Tokens",
    "check_sites",
    "default_layer",
    "middle_layers",
    "parse_layers",
    "parse_mix",
]
