"""`manage.py work` with little patience for a job, for `test_worker_process`."""

import sys

import django
from django.core.management import execute_from_command_line


def main() -> None:
    django.setup()
    from core.jobs import worker

    worker.ENDS_WITHIN, worker.CUT_OFF_AFTER = 0.2, 0.5
    execute_from_command_line(["manage.py", "work", *sys.argv[1:]])


if __name__ == "__main__":
    main()
