"""Exit status 0 when the server in this container and its database answer."""

import os
from urllib.request import Request, urlopen

port = os.environ["WEB_BIND"].rpartition(":")[2]
# Django answers to the names in ALLOWED_HOSTS alone.
host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
urlopen(Request(f"http://127.0.0.1:{port}/api/health/db", headers={"Host": host}), timeout=4)
