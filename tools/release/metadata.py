"""Adds what depends on the place of hosting to the wheel's metadata: the links, and those inside the README."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE_LINK: Final = re.compile(r"\]\((?![a-z]+:|#)")


class Hosted(MetadataHookInterface):
    """Adds no links while `repository` is empty; those of the README then stay relative."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme`, and `urls` where the place of hosting is known."""
        root = Path(self.root)
        repository = self.config["repository"]
        text = (root / "README.md").read_text(encoding="utf-8")
        if repository:
            here = f"{repository}/blob/v{metadata['version']}"
            metadata["urls"] = {
                "Changelog": f"{here}/CHANGELOG.md",
                "Documentation": f"{here}/README.md",
                "Issues": f"{repository}/issues",
                "Repository": repository,
            }
            text = _RELATIVE_LINK.sub(f"]({here}/", text)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
