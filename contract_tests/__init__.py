"""The contract tests, for the mock, a fake or the real service."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)  # a team's folder of this name without `__init__.py` keeps its modules
