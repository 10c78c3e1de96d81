"""Files of data vendors into the lake: column-mapping profiles, refusals by reason, all of a file or nothing."""

from desk.lake.imports.profile import Profile, load, profiles
from desk.lake.imports.run import ImportReport, import_file

__all__ = ["ImportReport", "Profile", "import_file", "load", "profiles"]
