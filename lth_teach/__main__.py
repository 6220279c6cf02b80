"""``python -m lth_teach``: see :mod:`lth_teach.cli`."""

import sys

from .cli import main

sys.exit(main())
