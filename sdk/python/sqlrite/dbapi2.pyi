from sqlrite import *
from sqlrite import __version__ as __version__
