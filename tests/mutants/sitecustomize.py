"""Python runs this when it starts in a copy: the tree that the environment is installed from leaves the path there."""

import os
import sys
from pathlib import Path

_COPY = os.environ.get("PYTHONPATH", "").partition(os.pathsep)[0]
sys.path[:] = [place for place in sys.path if place == _COPY or not Path(place, "mock_servers").is_dir()]
