"""Python runs this when it starts in a copy: the tree that the environment is installed from leaves the path there."""

import os
import sys
from pathlib import Path

_PLACES = os.environ.get("PYTHONPATH", "").split(os.pathsep)
_COPY = next((place for place in _PLACES if Path(place, "mock_servers").is_dir()), "")  # a test may put its own before
sys.path[:] = [place for place in sys.path if place == _COPY or not Path(place, "mock_servers").is_dir()]
