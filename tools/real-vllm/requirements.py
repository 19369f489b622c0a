"""Prints the requirements of a wheel, one a line, without extras and without local version suffixes ("torch==2.13.0+cpu")."""

import email
import re
import sys
import zipfile


def requirements(wheel):
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(metadata)).get_all("Requires-Dist")


for line in requirements(sys.argv[1]):
    if "extra ==" not in line:
        print(re.sub(r"(==[0-9.]+)\+cpu", r"\1", line))
