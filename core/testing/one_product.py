"""`python -m core.testing.one_product PRODUCT PORT ...`: core.local, for that product alone.

On a port of its own, so that a developer's `make run` may be up.
"""

import sys
from dataclasses import replace

from core.local import __main__ as local

if __name__ == "__main__":
    id, port, products = sys.argv.pop(1), int(sys.argv.pop(1)), local.products
    local.products = lambda: {id: replace(products()[id], port=port)}
    sys.exit(local.main())
