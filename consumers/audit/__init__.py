"""Check the record: bus, log, and what nodes hold of both."""

from consumers.audit.checkpoints import SeenCheckpoint as SeenCheckpoint
from consumers.audit.crew import NodeJob as NodeJob
from consumers.audit.crew import ProcessCrew as ProcessCrew
from consumers.audit.kept import checkpoints_of as checkpoints_of
from consumers.audit.ledger import Ledger as Ledger
from consumers.audit.ledger import remove_ledger as remove_ledger
from consumers.audit.log import LogAudit as LogAudit
from consumers.audit.node import audit_node as audit_node
from consumers.audit.node import shares as shares
from consumers.audit.record import BusAudit as BusAudit
from consumers.audit.record import Means as Means
from consumers.audit.record import Sighting as Sighting
from consumers.audit.record import audit_bus as audit_bus
from consumers.audit.yardstick import yardstick_of as yardstick_of
