"""The notary: what makes the transparency log out of what lies on the bus."""

from broker.notary.notary import Notary as Notary
from broker.notary.progress import Equivocation as Equivocation
from broker.notary.progress import Progress as Progress
from broker.notary.progress import Report as Report
from broker.notary.progress import Trouble as Trouble
