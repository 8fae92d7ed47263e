"""The service's numbers, each with its source.

"quotas" is https://docs.aws.amazon.com/timestream/latest/developerguide/ts-limits.html, "model" the service model that
botocore ships.
"""

from typing import Final

MAX_NAME_BYTES: Final = 256
"""Database and table names: 3 to 256 bytes (quotas)."""
MIN_NAME_BYTES: Final = 3

MAX_DIMENSION_NAME_BYTES: Final = 60
"""A dimension's name (quotas)."""
MAX_MEASURE_NAME_BYTES: Final = 256
"""A measure name, or the name of a measure in a multi-measure record (quotas)."""

MAX_RECORDS_PER_REQUEST: Final = 100
"""Records of one WriteRecords (quotas)."""
MAX_REQUEST_BYTES: Final = 2**20
"""A request's body. The service publishes no limit; this is the smallest that its kind of interface has, and one that
only requests of several hundred measures a record reach."""
MAX_RECORD_BYTES: Final = 2048
"""A record (quotas); how its bytes are counted is not published, see ``sizes``."""
MAX_VALUE_BYTES: Final = 2048
"""One text value (quotas); also all measure values of one multi-measure record together."""
MAX_SERIES_BYTES: Final = 2048
"""Names and values of a record's dimensions together (quotas)."""
MAX_DIMENSIONS: Final = 128
"""Dimensions of a table (quotas)."""
MAX_MEASURE_NAMES: Final = 8192
"""Measure names of a table (quotas)."""
MAX_MEASURES_PER_RECORD: Final = 256
"""Measures of a multi-measure record (quotas)."""
MAX_MEASURES_PER_TABLE: Final = 1024
"""Names of measures in the multi-measure records of a table (quotas)."""

MAX_DATABASES: Final = 500
"""Databases of an account (quotas)."""
MAX_TABLES: Final = 50_000
"""Tables of an account (quotas)."""
MAX_BATCH_LOADS: Final = 10
"""Active batch-load tasks of an account (quotas)."""
MAX_BATCH_LOADS_OF_TABLE: Final = 5
"""Active batch-load tasks of a table (quotas)."""
MAX_FILES_OF_BATCH_LOAD: Final = 100
"""Files of a batch-load task (quotas)."""
MAX_BYTES_OF_BATCH_LOAD: Final = 100 * 2**30
"""All files of a batch-load task together (quotas)."""
MAX_BYTES_OF_FILE: Final = 5 * 2**30
"""One file of a batch-load task (quotas)."""
MAX_BYTES_OF_ROW: Final = 16 * 2**20
"""One row of such a file (quotas)."""
MAX_TAGS: Final = 50
"""Tags of a resource (developer guide, "Tagging")."""
MAX_TAG_KEY: Final = 128
"""Characters of a tag's key (model)."""
MAX_TAG_VALUE: Final = 256
"""Characters of a tag's value (model)."""

MAX_MEMORY_STORE_HOURS: Final = 8766
"""Retention of the memory store, 1 hour to 12 months (model)."""
MAX_MAGNETIC_STORE_DAYS: Final = 73_000
"""Retention of the magnetic store, 1 day to 200 years (model)."""
DEFAULT_MEMORY_STORE_HOURS: Final = 6
"""What CreateTable gives when no retention is said; seen on AWS."""
DEFAULT_MAGNETIC_STORE_DAYS: Final = 73_000

MAX_VERSION: Final = 2**63 - 1
"""A version is 1 to 2^63-1 (API_Record)."""
MAX_TIME: Final = 2**63 - 1
"""2262-04-11 23:47:16.854775807 in nanoseconds since 1970; times before 1970 cannot be written."""
FUTURE_NANOSECONDS: Final = 15 * 60 * 1_000_000_000
"""How far ahead of the service's clock a record may be: 15 minutes (quotas)."""
