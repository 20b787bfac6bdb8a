"""What every test stands on: a home folder of its own, quiet TensorFlow, and one engine for all that ask for it."""

import os
import tempfile
from collections.abc import Iterator

import pytest

os.environ["LAYERLOOM_HOME"] = tempfile.mkdtemp(prefix="layerloom-tests-")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def warm_engine() -> Iterator[None]:
    """The pages' engine, ready; to start one takes as long as many tests do. Those of the engine itself stand in test_engine."""
    from dashboard import backstage  # what has nothing to do with pages need not wait for Streamlit

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERLOOM_MOST_WORKERS", "1")  # one job at a time, so that a second one waits
        backstage.engine()
    assert backstage.engine().wait_until_ready(180)
    yield
    backstage.engine().close()
