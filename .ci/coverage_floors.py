"""Fails when an app's tests reach fewer of its lines than its floor, from the file .coverage."""

import sys
from io import StringIO

from coverage import Coverage

FLOORS = {"core": 95, "chat": 95, "faq": 95, "accounts": 80, "properties": 80, "config": 80}


def main() -> int:
    measured = Coverage()
    measured.load()
    below = 0
    for app, floor in FLOORS.items():
        reached = measured.report(include=[f"{app}/*"], file=StringIO())
        verdict = "" if reached >= floor else f"  below {floor}%"
        print(f"{app:<12}{reached:6.1f}%{verdict}")
        below += reached < floor
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
