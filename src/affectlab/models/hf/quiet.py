"""Keeping Transformers and its hub from talking on standard error, for programs that show progress of their own."""

from __future__ import annotations

import logging

import transformers.utils.logging
from huggingface_hub.utils.tqdm import disable_progress_bars


def quiet() -> None:
    """No progress bars and no advice from here on, in this process; errors are still said."""
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
