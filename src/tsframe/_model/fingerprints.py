"""What a record batch holds, as a few bytes: equal for equal batches, in any process."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from tsframe._model.records import RecordBatch


class _Digest:
    """A file that keeps nothing of what is written to it but the digest."""

    closed = False

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        return len(data)

    def flush(self) -> None:
        """Have nothing to flush."""

    def close(self) -> None:
        self.closed = True

    def value(self) -> bytes:
        return self._hash.digest()


def fingerprint(batch: RecordBatch) -> bytes:
    """Return a digest of a batch's records, in their order."""
    columns = [("time", batch.time), *((f"d{name}", values) for name, values in batch.dimensions.items())]
    columns += [(f"m{one.type}{one.name}", one.values) for one in batch.measures]
    constants = []
    for name, values in (("name", batch.measure_name), ("version", batch.version)):
        if isinstance(values, (str, int)):
            constants.append(f"{name}={values!r}")
        else:
            columns.append((name, pa.array(values) if isinstance(values, np.ndarray) else values))
    names, arrays = zip(*columns, strict=True)
    table = pa.table(list(arrays), names=[*names]).replace_schema_metadata({"constants": "\n".join(constants)})
    digest = _Digest()
    with pa.ipc.new_stream(pa.PythonFile(digest, "w"), table.schema) as stream:
        stream.write_table(table)
    return digest.value()
