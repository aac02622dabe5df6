"""Makes the sample pages of the release import importable by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "release_import"))
