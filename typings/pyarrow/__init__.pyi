# pyarrow ships no types, and the stubs that exist describe an older one: they take an array of a NumPy array for one of
# booleans, and refuse arrays of a kind known only at run time.
from typing import Any

def __getattr__(name: str) -> Any: ...
