"""Tests: they mirror the packages."""

import os

# Before anything loads numpy, as for the server: threads for small sums only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
