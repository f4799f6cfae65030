"""How the admin writes moments: with their zone, since people far from it read them too."""

DATETIME_FORMAT = "N j, Y, H:i T"
