"""The commands, one module a group; importing them here registers them, in the order of the help text."""

from tocsin.cli import audit as audit
from tocsin.cli import config as config
from tocsin.cli import demo as demo
from tocsin.cli import directory as directory
from tocsin.cli import doctor as doctor
from tocsin.cli import federation as federation
from tocsin.cli import grant as grant
from tocsin.cli import heads as heads
from tocsin.cli import inbox as inbox
from tocsin.cli import kafka as kafka
from tocsin.cli import keys as keys
from tocsin.cli import onward as onward
from tocsin.cli import policy as policy
from tocsin.cli import publish as publish
from tocsin.cli import recall as recall
from tocsin.cli import receipts as receipts
from tocsin.cli import receive as receive
from tocsin.cli import record as record
from tocsin.cli import release as release
from tocsin.cli import replay as replay
from tocsin.cli import revoke as revoke
from tocsin.cli.app import app as app
from tocsin.cli.app import main as main
