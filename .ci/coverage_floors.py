"""Fails when an app's tests reach fewer of its lines than its floor, from .coverage.json."""

import json
import sys
from collections import Counter
from pathlib import Path

FLOORS = {"core": 95, "chat": 95, "faq": 95, "accounts": 80, "properties": 80, "config": 80}


def main() -> int:
    reached: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for file, lines in json.loads(Path(".coverage.json").read_text())["files"].items():
        app = file.partition("/")[0]
        reached[app] += len(lines["executed_lines"])
        missed[app] += len(lines["missing_lines"])
    below = 0
    for app, floor in FLOORS.items():
        share = 100 * reached[app] / (reached[app] + missed[app])
        verdict = "" if share >= floor else f"  below {floor}%"
        print(f"{app:<12}{share:6.1f}%{verdict}")
        below += share < floor
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
