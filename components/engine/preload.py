"""What the fork server imports, once, so that every worker forked from it has it already."""

import gc
import os

from components.engine.worker import import_modules

import_modules(["distributed.nanny", "distributed.worker", *os.environ.get("LAYERLOOM_PRELOAD", "").split()])
# Collecting later would touch, and so copy, the pages that workers share with the fork server.
gc.collect()
gc.freeze()
