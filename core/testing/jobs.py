"""What a worker would do, in the test's own transaction."""

from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from core.databases import APP


def waiting(task: str = "") -> list[ProcrastinateJob]:
    """In the order in which a worker takes them, whenever they are due."""
    jobs = ProcrastinateJob.objects.using(APP).filter(status="todo", task_name__endswith=task)
    return list(jobs.order_by("-priority", "id"))


def work_off(most: int = 20) -> int:
    """Do what waits, and what comes of it, without waiting for its time; how many that were."""
    for number in range(most):
        jobs = waiting()
        if not jobs:
            return number
        with connections[APP].cursor() as cursor:
            statement = "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s"
            cursor.execute(statement, [jobs[0].id])
            app.tasks[jobs[0].task_name].func(**jobs[0].args)
            cursor.execute(statement.replace("doing", "succeeded"), [jobs[0].id])
    return most
