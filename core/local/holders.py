"""Who holds a port."""

from collections.abc import Iterable
from pathlib import Path

from core.local.processes import LocalError, is_free
from core.product import Product

LISTENING = "0A"


def require_different(products: Iterable[Product]) -> None:
    """LocalError where two products have one port: one would be taken for the other."""
    known: dict[int, str] = {}
    for product in products:
        other = known.setdefault(product.port, product.id)
        if other != product.id:
            raise LocalError(
                f"{other} and {product.id} are both served at port {product.port}: "
                f"change `port` in config/{product.id}.py, then try again."
            )


def require_free(product: Product) -> None:
    """LocalError, naming the program that holds the product's port where that can be seen."""
    if is_free(product.port):
        return
    known = holder(product.port) or "another user's program (`ss -ltnp` as root names it)"
    raise LocalError(
        f"Port {product.port}, where {product.id} is served, is taken by {known}: "
        f"stop it, then try again."
    )


def holder(port: int) -> str | None:
    """The program that listens on a port, as "name (process 123)", where Linux lets us see it."""
    sockets = {f"socket:[{inode}]" for inode in listening_inodes(port)}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(descriptor.readlink()) in sockets:
                process = descriptor.parents[1]
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue  # it ended meanwhile, or is another user's
    return None


def listening_inodes(port: int) -> set[str]:
    """From /proc/net/tcp, whose columns are: slot, local address:port in hex, remote, state, ..."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        rows = table.read_text().splitlines()[1:] if table.exists() else []
        for row in map(str.split, rows):
            if row[1].endswith(f":{port:04X}") and row[3] == LISTENING:
                found.add(row[9])
    return found
