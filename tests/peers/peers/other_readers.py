"""Other programs that read a Delta table of ade: delta-rs lists and reads it, DuckDB reads the files it lists."""

from urllib.parse import unquote, urlparse

import deltalake

from peers.content import quoted


class OtherReaders:
    """One version of one table, as the others see it."""

    def __init__(self, folder, version=None):
        self.delta = deltalake.DeltaTable(str(folder), version=version)

    @staticmethod
    def versions(folder):
        """All versions that can be read, oldest first."""
        return sorted(entry["version"] for entry in deltalake.DeltaTable(str(folder)).history())

    @property
    def partitioned(self):
        """Whether values of columns are in the log only, not in the files."""
        return bool(self.delta.metadata().partition_columns)

    def arrow(self):
        """All rows, by delta-rs."""
        return self.delta.to_pyarrow_table()

    def files(self):
        """The paths of the version's files."""
        return [unquote(urlparse(uri).path) if "://" in uri else uri for uri in self.delta.file_uris()]

    def files_in_duckdb(self):
        """The version's files as a table expression of DuckDB, with the columns that the log promises, in its order."""
        # DuckDB's own Delta reader is an extension that it fetches from the network; the Parquet files are what it
        # would read.
        paths = ", ".join("'" + path.replace("'", "''") + "'" for path in self.files())
        columns = ", ".join(quoted(field.name) for field in self.delta.schema().fields)
        return f"(select {columns} from read_parquet([{paths}], union_by_name = true, hive_partitioning = false))"
