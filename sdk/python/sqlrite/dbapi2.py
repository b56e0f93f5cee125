"""The names of the package once more, for programs that import a dbapi2 module."""

from sqlrite import *  # noqa: F403
from sqlrite import __all__, __version__  # noqa: F401
