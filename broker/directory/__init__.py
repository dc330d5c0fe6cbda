"""Trust, as messages: who takes part, who speaks for whom, with which keys. docs/adr says why it is not a file."""

from broker.directory.chain import Finding as Finding
from broker.directory.chain import Head as Head
from broker.directory.directory import Directory as Directory
from broker.directory.directory import apply as apply
from broker.directory.directory import extend as extend
from broker.directory.directory import fold as fold
from broker.directory.freshness import check_fresh as check_fresh
from broker.directory.freshness import is_stale as is_stale
from broker.directory.index import EnrolledKey as EnrolledKey
from broker.directory.word import Place as Place
from broker.directory.word import Places as Places
from broker.directory.word import nowhere as nowhere
