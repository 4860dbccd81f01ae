"""Every test run checks shapes and types in signatures, fetches nothing, and leaves the user's run log alone."""

import os
from collections.abc import Iterator

import pytest
from jaxtyping import install_import_hook

# Both are read once, when huggingface_hub is imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

# Before any test module imports affectlab. An int may stand where a float is asked for, as mypy has it.
install_import_hook("affectlab", "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")


@pytest.fixture(scope="session", autouse=True)
def run_log_of_this_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Commands run by tests, in this process or in another, write to a run log that goes away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFECTLAB_LOG", str(tmp_path_factory.mktemp("runlog") / "log.sqlite"))
        yield
