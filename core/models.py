from django.db import models


class Timestamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        abstract = True


class ProductStamp(models.Model):
    """Whose database this is: one row, written by `migrate`, read at every start.

    Only the owner may write it: a process that could would be able to move the wall.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    product_id = models.CharField(max_length=50)
    stamped_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="core_one_product_stamp")
        ]

    def __str__(self) -> str:
        return self.product_id
