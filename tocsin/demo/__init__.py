"""The demo: an exercise federation on real public reports, from the spreadsheet to the audit."""

from tocsin.demo.options import Options as Options
from tocsin.demo.options import Venue as Venue
from tocsin.demo.options import own_namespace as own_namespace
from tocsin.demo.run import run as run
