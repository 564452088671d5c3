"""Rake and estimate the benchmark's file with the package svy; print seconds without loading, and results.

Arguments: data.csv totals.csv [replicates: re-raked bootstrap instead of linearisation].
"""

import csv
import importlib
import json
import sys
import time
from typing import Any


def main() -> None:
    """Read the file, then time design, raking and 22 means."""
    svy: Any = importlib.import_module("svy")
    polars: Any = importlib.import_module("polars")
    data = polars.read_csv(sys.argv[1])
    replicates = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    with open(sys.argv[2], encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    controls: dict[str, dict[str, float]] = {}
    for row in rows:
        controls.setdefault(row["margin"], {})[row["category"]] = float(row["total"])
    data = data.with_columns([polars.col(m).cast(polars.String) for m in controls])
    started = time.perf_counter()
    if replicates:
        sample = svy.Sample(
            data.with_row_index("row"), svy.Design(stratum="stratum", psu="row", wgt="weight")
        )
        sample = sample.weighting.create_bs_wgts(replicates, rstate=1)
    else:
        sample = svy.Sample(data, svy.Design(stratum="stratum", wgt="weight", pop_size="N"))
    sample = sample.weighting.rake(controls=controls, tol=1e-9, max_iter=500)
    method = "replication" if replicates else "taylor"
    found = []
    for item in ("y1", "y2"):
        found += [
            sample.estimation.mean(item, method=method),
            sample.estimation.mean(item, by="county", method=method),
        ]
    seconds = time.perf_counter() - started
    cells = [e for each in found for e in each.estimates]
    result = {
        "seconds": seconds,
        "estimates": [float(e.est) for e in cells],
        "errors": [float(e.se) for e in cells],
        "version": str(svy.__version__),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
