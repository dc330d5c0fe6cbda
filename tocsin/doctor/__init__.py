"""What is wrong with an installation, and what to do about it."""

from tocsin.doctor.check import Check as Check
from tocsin.doctor.check import Level as Level
from tocsin.doctor.examine import examine as examine
