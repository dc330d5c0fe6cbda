"""What a node knows of the log: where each message stands in it, how far it was read, and who vouches for that."""

from broker.logbook.book import Advance as Advance
from broker.logbook.book import Logbook as Logbook
from broker.logbook.claims import Claim as Claim
from broker.logbook.claims import Split as Split
from broker.logbook.claims import describe as describe
from broker.logbook.claims import note_claim as note_claim
from broker.logbook.state import Assurance as Assurance
from broker.logbook.state import LogState as LogState
from broker.logbook.state import Seen as Seen
from broker.logbook.state import load_state as load_state
from broker.logbook.state import place_in as place_in
from broker.logbook.state import place_of_row as place_of_row
from broker.logbook.tables import log_entry as log_entry
from broker.logbook.tables import metadata as metadata
