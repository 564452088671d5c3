"""Time and peak memory of estimation by rows and by cube, beside R's survey and svy where installed, as JSON.

    python -m benchmarks.estimation --sizes 10000 100000 1000000 10000000 --svy-python /path/to/python
    python -m benchmarks.estimation --sizes 10000 --peers survey --cap 60

199 strata with population sizes, raking to 4 margins (240 cells), 2 shares for the city and 10 counties (22
estimates with their errors), 200 re-raked bootstrap replicates. Each measurement is a process of its own, stopped
at the cap and not begun without the memory for it; either is said in the answer. Loading is not counted. The cube's
replicates take the finite population correction off, the others' do not: their errors are √1.5 of the linearised.
Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.estimation_children import available_mb, child, no_room
from benchmarks.estimation_paths import BYTES, measured
from benchmarks.estimation_sample import REPLICATES

Found = dict[str, Any]
TARGETS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("cube from 1 M rows, s", ("1000000", "cube", "seconds"), 0.10),
    ("stored cube of 1 M, s", ("1000000", "stored_cube", "seconds"), 0.010),
    ("200 replicates at 1 M, s", ("1000000", "cube_replicates", "seconds"), 3.0),
    ("peak memory at 1 M, MB", ("1000000", "cube", "peak_mb"), 600.0),
    ("ranks of 10 counties, s", ("ranks", "seconds"), 0.5),
    ("Fay-Herriot of 199, s", ("fay_herriot", "seconds"), 0.010),
)
PEER_BYTES = {"survey": 1_500, "svy": 700, "survey_replicates": 6_000, "svy_replicates": 5_000}
"""Memory a peer needs for each respondent, about: it is only begun where that is free."""


def told(words: str) -> None:
    """Tell how far it is."""
    print(words, file=sys.stderr, flush=True)


def of_size(n: int, chosen: argparse.Namespace) -> Found:
    """Measure everything that is asked for at one size."""
    again = [sys.executable, "-m", "benchmarks.estimation", "--times", str(chosen.times)]
    asked = ["cube", "stored_cube", "cube_replicates"]
    asked += ["rows"] if n <= chosen.rows_up_to else []
    asked += ["rows_replicates"] if n <= chosen.row_replicates_up_to else []
    here: Found = {}
    for what in asked:
        here[what] = no_room(100 + BYTES[what] * n / 1e6, chosen.memory_mb)
        if here[what] is None:
            told(f"{n} {what}")
            here[what] = child([*again, "--child", what, str(n)], cap=chosen.cap)
    if n <= chosen.peers_up_to and chosen.peers:
        with tempfile.TemporaryDirectory() as folder:
            told(f"{n} writing the file for the peers")
            child([*again, "--folder", folder, "--child", "write", str(n)], cap=chosen.cap)
            for name in chosen.peers:
                here |= peer(name, n, Path(folder), chosen)
    return compared(here)


def peer(name: str, n: int, folder: Path, chosen: argparse.Namespace) -> Found:
    """Run a peer on the file: with linearised errors, and with re-raked replicates up to a size."""
    here = Path(__file__).parent / "peers"
    program = {
        "survey": ["Rscript", str(here / "survey_peer.R")],
        "svy": [chosen.svy_python, str(here / "svy_peer.py")],
    }[name]
    command = [*program, str(folder / "data.csv"), str(folder / "totals.csv")]
    plans = [(name, command)]
    if n <= chosen.peer_replicates_up_to:
        plans.append((f"{name}_replicates", [*command, str(REPLICATES)]))
    found: Found = {}
    for label, line in plans:
        found[label] = no_room(100 + PEER_BYTES[label] * n / 1e6, chosen.memory_mb)
        if found[label] is None:
            told(f"{n} {label}")
            found[label] = child(line, cap=chosen.cap, threads=True)
    return found


def compared(here: Found) -> Found:
    """Put beside each measurement how far it lies from the cube's and how many times longer than ours it took."""
    estimates, errors = here["cube"].pop("estimates", []), here["cube"].pop("errors", [])
    for name, found in here.items():
        of_replicates = name.endswith("_replicates")
        values, own = found.pop("estimates", []), found.pop("errors", [])
        if name == "cube" or "seconds" not in found:
            continue
        if len(values) == len(estimates) > 0:
            found["estimates_off"] = float(np.abs(np.array(values) / estimates - 1).max())
        if len(own) == len(errors) > 0:
            ratio = np.array(own) / errors
            if of_replicates:
                found["errors_over_linearised"] = float(ratio.mean())
            else:
                found["errors_off"] = float(np.abs(ratio - 1).max())
        for ours in ("cube", "rows"):
            mine = f"{ours}_replicates" if of_replicates else ours
            if name not in (mine, "stored_cube") and "seconds" in here.get(mine, {}):
                found[f"times_the_{ours}"] = round(found["seconds"] / here[mine]["seconds"], 2)
    return here


def against_targets(result: Found) -> list[Found]:
    """Say of each target what was measured; what was not measured is left out."""
    found = []
    for name, path, most in TARGETS:
        value: Any = result
        for key in path:
            value = value.get(key, {}) if isinstance(value, dict) else {}
        if isinstance(value, int | float):
            found.append({"target": name, "at_most": most, "got": value, "met": value <= most})
    times = result.get("1000000", {}).get("svy", {}).get("times_the_cube")
    if times is not None:
        found.append(
            {"target": "times faster than svy at 1 M", "at_least": 100, "got": times, "met": times >= 100}
        )
    return found


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rows-up-to", type=int, default=10_000_000)
    parser.add_argument("--row-replicates-up-to", type=int, default=100_000)
    parser.add_argument("--peers", nargs="*", default=["survey", "svy"], choices=["survey", "svy"])
    parser.add_argument("--peers-up-to", type=int, default=1_000_000)
    parser.add_argument("--peer-replicates-up-to", type=int, default=100_000)
    parser.add_argument("--svy-python", default=sys.executable, help="the Python that has svy")
    parser.add_argument("--times", type=int, default=5, help="runs, of which the shortest counts")
    parser.add_argument(
        "--cap", type=float, default=1800.0, help="seconds after which a measurement is stopped"
    )
    parser.add_argument("--memory-mb", type=float, help="memory to count on (default: what is free)")
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "N"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure everything asked for and print one JSON object."""
    chosen = arguments()
    if chosen.child:
        print(json.dumps(measured(chosen.child[0], int(chosen.child[1]), chosen.times, chosen.folder)))
        return
    again = [sys.executable, "-m", "benchmarks.estimation", "--times", str(chosen.times)]
    result: Found = {
        "cpus": os.cpu_count(), "load": os.getloadavg()[0], "available_mb": available_mb(), "cap": chosen.cap
    }  # fmt: skip
    for what in ("ranks", "fay_herriot"):
        told(what)
        result[what] = child([*again, "--child", what, "0"], cap=chosen.cap)
    for n in chosen.sizes:
        result[str(n)] = of_size(n, chosen)
    print(json.dumps(result | {"targets": against_targets(result)}, indent=1))


if __name__ == "__main__":
    main()
