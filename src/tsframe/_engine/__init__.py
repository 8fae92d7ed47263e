"""Amazon Timestream's behaviour on DuckDB: everything that decides what a table holds."""
