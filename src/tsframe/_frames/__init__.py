"""Data frames of any library to Arrow and to record batches, and back."""
