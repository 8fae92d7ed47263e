# pyarrow makes these functions at import, from what its library registers; no file names them.
from typing import Any

def __getattr__(name: str) -> Any: ...
