"""Where you begin: the server that passes all stages, with two threads for each client."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../wrong"))

import model  # noqa: E402

model.main()
