"""What every test stands on: a home folder of its own, quiet TensorFlow, and one engine for all pages that ask for it."""

import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from streamlit.runtime.scriptrunner import script_runner

os.environ["LAYERLOOM_HOME"] = tempfile.mkdtemp(prefix="layerloom-tests-")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A busy machine draws examples slowly; how long a test may take is pytest's to say.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Where Streamlit finds Keras it clears its session after every run, which takes a second of collecting garbage. The
# server never holds Keras; the process of the tests does.
script_runner._clean_problem_modules = lambda: None


PROCESSES = {"test_disasters", "test_endurance", "test_engine", "test_parallel_studies", "test_streaming"}
"""Files whose tests start and kill processes of their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What awaits a browser or other processes may try once more: a busy machine can hold one of them up for long.

    The summary names what needed it (`R`), so that a race is seen; what fails twice has failed.
    """
    for item in items:
        awaits = item.get_closest_marker("browser") or "warm_engine" in getattr(item, "fixturenames", ())
        if awaits or item.path.stem in PROCESSES:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def warm_engine() -> Iterator[None]:
    """The pages' engine, ready; to start one takes as long as many tests do. Those of the engine itself stand in test_engine."""
    from dashboard import backstage  # after the environment is set

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERLOOM_MOST_WORKERS", "1")  # one job at a time, so that a second one waits
        backstage.engine()
    assert backstage.engine().wait_until_ready(180)
    yield
    backstage.engine().close()
