"""``df.timestream``: a frame and the verbs that take one. It holds nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Unpack

    from tsframe._connection import Connection
    from tsframe._plan import WritePlan
    from tsframe._report import WriteReport
    from tsframe.typing import IntoFrame, WriteOptions


class TimestreamAccessor:
    """Put this frame into Amazon Timestream, or into the embedded engine."""

    def __init__(self, frame: IntoFrame) -> None:
        self._frame = frame

    def write(
        self,
        table: str | tuple[str, str],
        *,
        connection: Connection | None = None,
        **options: Unpack[WriteOptions],
    ) -> WriteReport:
        """Write every row of this frame, and account for each; the options are those of ``tsframe.write``.

        Examples
        --------
        >>> df.timestream.write("iot.sensors", create=True).ingested
        3
        """
        # Imported here: importing pandas or Polars must cost no more than before.
        from tsframe import _api  # noqa: PLC0415

        return _api.write(self._frame, table, connection=connection, **options)

    def plan(
        self,
        table: str | tuple[str, str],
        *,
        connection: Connection | None = None,
        **options: Unpack[WriteOptions],
    ) -> WritePlan:
        """Tell what ``write`` would do with this frame, and what it would cost; the options are those of ``write``.

        Examples
        --------
        >>> df.timestream.plan("iot.sensors", create=True).requests
        1
        """
        # Imported here: importing pandas or Polars must cost no more than before.
        from tsframe import _api  # noqa: PLC0415

        return _api.plan(self._frame, table, connection=connection, **options)
