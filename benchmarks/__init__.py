"""The benchmarks: ``python -m benchmarks`` prints tsframe's figures beside those of DuckDB used by hand."""
