"""What a record says, in short lines: what, when, where, how much, who is concerned."""

from tocsin.showing.records.line import Line as Line
from tocsin.showing.records.marking import marking_lines as marking_lines
from tocsin.showing.records.permission import wanted as wanted
from tocsin.showing.records.table import headline as headline
from tocsin.showing.records.table import lines as lines
