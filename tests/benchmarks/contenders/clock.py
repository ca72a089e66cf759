"""What every contender shares, in whatever environment: laps, memory, one line of JSON.

A contender is a script of its own process: `python NAME.py INPUT [ARGUMENTS...]`. It imports first,
then starts a `Clock`, so that nobody pays for imports.
"""

import json
import resource
import sys
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path


class Clock:
    """Seconds, seconds of all processors, and peak memory of each step."""

    def __init__(self):
        self.steps = {}

    @contextmanager
    def lap(self, name):
        """Measure one step."""
        _forget_peak()
        wall, used = time.perf_counter(), time.process_time()
        yield
        self.steps[name] = {
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - used,
            "peak_gb": _peak_gb(),
        }

    def report(self, packages, **found):
        """Print steps, results and versions as the last line of standard output."""
        versions = {name: version(name) for name in packages}
        text = {"steps": self.steps, "found": found, "versions": versions}
        sys.stdout.write("\n" + json.dumps(text, default=float) + "\n")


def _forget_peak():
    """Start a new peak where the system can (Linux); elsewhere it is the peak so far."""
    switch = Path("/proc/self/clear_refs")
    if switch.exists():
        switch.write_text("5")


def _peak_gb():
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024**2
    scale = 1024**3 if sys.platform == "darwin" else 1024**2
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
