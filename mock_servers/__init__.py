"""Mock servers of NHS England's API platform and its identity providers; they know nothing of pytest."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)  # a team's folder of this name without `__init__.py` keeps its modules
