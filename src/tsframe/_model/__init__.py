"""The values that every part speaks in; no JSON, no SQL, no frames."""
