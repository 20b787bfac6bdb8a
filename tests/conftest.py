"""What every test stands on: a home folder of its own, quiet TensorFlow, and pages that run as in a server without Keras."""

import os
import tempfile

os.environ["LAYERLOOM_HOME"] = tempfile.mkdtemp(prefix="layerloom-tests-")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from streamlit.runtime.scriptrunner import script_runner

# Where Streamlit finds Keras it clears its session after every run, which takes a second of collecting garbage. The
# server never holds Keras; the process of the tests does.
script_runner._clean_problem_modules = lambda: None
