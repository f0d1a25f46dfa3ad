//! Delta tables: stage, audit, commit, lease, maintain; scanned as plain Parquet.
