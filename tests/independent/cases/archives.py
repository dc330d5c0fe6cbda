"""What is no evidence file: its archive, or its evidence.json, is not as it has to be."""

import io
import json
import zipfile
from typing import Any

from consumers.evidence.container import format_container
from consumers.evidence.evidence import ENTRY, MESSAGE
from consumers.evidence.manifest import canonical_json, digest_of
from tests.independent.cases.packing import (
    Files,
    flipped,
    packed,
    without,
)
from tests.independent.cases.planting import Planting, plain_bytes, plain_files

planted = Planting()


@planted()
def nothing_at_all() -> bytes:
    return b""


@planted()
def no_archive() -> bytes:
    return b"this is a letter, and no evidence\n"


@planted()
def cut_off_in_the_middle() -> bytes:
    return plain_bytes()[: len(plain_bytes()) // 2]


@planted()
def cut_off_at_its_last_byte() -> bytes:
    return plain_bytes()[:-1]


@planted()
def something_behind_its_end() -> bytes:
    return plain_bytes() + b"\x00"


@planted()
def a_flipped_bit_in_a_file() -> bytes:
    return flipped(plain_bytes(), plain_bytes().index(plain_files()[MESSAGE]) + 100)


@planted()
def a_flipped_bit_in_the_date_of_a_file() -> bytes:
    return flipped(plain_bytes(), 12)


@planted()
def a_file_that_was_replaced() -> bytes:
    return rebuilt({**unzipped(), "README.txt": b"There is nothing to see here.\n"})


@planted()
def compressed() -> bytes:
    return zipped(unzipped(), zipfile.ZIP_DEFLATED)


@planted()
def written_by_another_tool() -> bytes:
    return zipped(unzipped(), zipfile.ZIP_STORED)


@planted()
def a_file_that_evidence_json_does_not_name() -> bytes:
    return packed({**plain_files(), "more.txt": b"?"}, b"\x01" * 32)


@planted()
def a_file_that_leads_out_of_its_folder() -> bytes:
    return plain_bytes().replace(b"README.txt", b"../ADME.xx")


@planted()
def another_digest_in_evidence_json() -> bytes:
    return with_manifest(digest="00" * 32)


@planted()
def another_name_in_evidence_json() -> bytes:
    return with_manifest(message="NL/customs/1#2")


@planted()
def a_section_called_withheld_that_is_there() -> bytes:
    return with_manifest(disclosed=[], withheld=["core"])


@planted()
def a_future_version() -> bytes:
    return with_manifest(version=2)


@planted()
def another_format() -> bytes:
    return with_manifest(format="tocsin-picture")


@planted()
def an_unknown_field_in_evidence_json() -> bytes:
    return with_manifest(signed_by="somebody")


@planted()
def made_for_nobody_who_could_be_named() -> bytes:
    return with_manifest(exported_by="BE/police\u2028the highest court")


@planted()
def evidence_json_for_people() -> bytes:
    files = unzipped()
    pretty = json.dumps(json.loads(files["evidence.json"]), indent=1, sort_keys=True).encode() + b"\n"
    return rebuilt({**files, "evidence.json": pretty})


@planted()
def a_message_that_is_none() -> bytes:
    files = unzipped()
    return resealed({**files, MESSAGE: files[MESSAGE][:-1]})


@planted()
def no_entry_of_the_log() -> bytes:
    return resealed(without(unzipped(), ENTRY))


def unzipped() -> dict[str, bytes]:
    """Return the files of the plain file, evidence.json first."""
    with zipfile.ZipFile(io.BytesIO(plain_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Files, method: int) -> bytes:
    """Return an archive as Python's own module writes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def rebuilt(files: Files) -> bytes:
    """Return *files* in the archive of an evidence file."""
    return format_container(files)


def resealed(files: Files) -> bytes:
    """Return *files* with an evidence.json that names their digests."""
    said = json.loads(files["evidence.json"])
    said["files"] = {name: digest_of(content) for name, content in files.items() if name != "evidence.json"}
    return rebuilt({**files, "evidence.json": canonical_json(said)})


def with_manifest(**changes: Any) -> bytes:
    """Return the plain file with *changes* to its evidence.json."""
    files = unzipped()
    return rebuilt({**files, "evidence.json": canonical_json(json.loads(files["evidence.json"]) | changes)})
