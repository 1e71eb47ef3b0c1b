"""The plugin's entry point `nhsauth`, so that `-p no:nhsauth` switches the plugin off.

The plugin itself is registered under its module's name, and so only once, even if a conftest lists it as well.
"""

from typing import Final

pytest_plugins: Final = ["pytest_nhsauth.plugin"]
