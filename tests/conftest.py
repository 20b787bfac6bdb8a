"""What every test stands on: a home folder of its own, and quiet TensorFlow."""

import os
import tempfile

os.environ["LAYERLOOM_HOME"] = tempfile.mkdtemp(prefix="layerloom-tests-")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
