//! One file of a scan, with what is known of its rows.

use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use chrono::DateTime;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetAccessPlan;
use object_store::ObjectMeta;
use object_store::path::Path;

use crate::DataFile;
use crate::stats::{ColumnBounds, FileStats};
use crate::types::from_partition_value;

/// A file to scan.
#[derive(Debug, Clone)]
pub(crate) struct ScanFile {
    /// Where it is in the store.
    pub(crate) location: Path,
    /// What Delta says of it.
    pub(crate) size_bytes: u64,
    pub(crate) modified_ms: i64,
    /// In the order of the partition columns.
    pub(crate) partition_values: Vec<ScalarValue>,
    /// Of all columns, in the order of the table's schema.
    pub(crate) stats: FileStats,
    /// Which of its row groups are read; `None` for all.
    row_groups: Option<RowGroups>,
}

/// Some of the row groups of a file.
#[derive(Debug, Clone)]
pub(crate) struct RowGroups {
    /// Those.
    pub(crate) groups: Range<usize>,
    /// How many the file has.
    pub(crate) of: usize,
}

impl ScanFile {
    /// Reads what the log says of a file of a table with these columns.
    pub(crate) fn new(file: &DataFile, location: Path, schema: &SchemaRef, partition_by: &[String]) -> Self {
        let mut stats = FileStats::parse(file.stats.as_deref(), schema);
        stats.rows = stats.rows.or(file.rows);
        let mut partition_values = Vec::with_capacity(partition_by.len());
        for column in partition_by {
            let Ok(index) = schema.index_of(column) else { continue };
            let text = file.partition_values.get(column).and_then(Option::as_deref);
            let data_type = schema.field(index).data_type();
            // A value that is none of its type reads as NULL, as in other engines.
            let value = from_partition_value(text, data_type)
                .or_else(|| ScalarValue::try_from(data_type).ok())
                .unwrap_or(ScalarValue::Null);
            let known = (!value.is_null()).then(|| value.clone());
            let nulls = if value.is_null() { stats.rows } else { Some(0) };
            stats.columns[index] = ColumnBounds { min: known.clone(), max: known, exact: true, nulls };
            partition_values.push(value);
        }
        Self {
            location,
            size_bytes: file.size_bytes,
            modified_ms: file.modified_ms,
            partition_values,
            stats,
            row_groups: None,
        }
    }

    /// The same file, of which only some row groups with `rows` rows are read.
    pub(crate) fn part(&self, groups: RowGroups, rows: u64) -> Self {
        let mut part = Self { row_groups: Some(groups), ..self.clone() };
        part.stats.rows = Some(rows);
        for bounds in &mut part.stats.columns {
            // They hold for the part, but need not occur in it.
            bounds.exact = false;
            bounds.nulls = None;
        }
        part
    }

    /// The file, for the store.
    pub(crate) fn object_meta(&self) -> ObjectMeta {
        ObjectMeta {
            location: self.location.clone(),
            last_modified: DateTime::from_timestamp_millis(self.modified_ms).unwrap_or_default(),
            size: self.size_bytes,
            e_tag: None,
            version: None,
        }
    }

    /// For the engine; `order` gives for each column of the scan its place in the table's schema.
    pub(crate) fn partitioned_file(&self, schema: &Schema, order: &[usize]) -> PartitionedFile {
        let mut file = PartitionedFile::new_from_meta(self.object_meta());
        if let Some(RowGroups { groups, of }) = &self.row_groups {
            let mut access = ParquetAccessPlan::new_none(*of);
            groups.clone().for_each(|group| access.scan(group));
            file = file.with_extension(access);
        }
        file.partition_values.clone_from(&self.partition_values);
        // Set directly: `with_statistics` would claim that no partition value is NULL.
        file.statistics = Some(Arc::new(self.statistics(schema, order)));
        file
    }

    /// The engine's statistics, of the columns in `order`.
    pub(crate) fn statistics(&self, schema: &Schema, order: &[usize]) -> Statistics {
        let size = usize::try_from(self.size_bytes).map_or(Precision::Absent, Precision::Inexact);
        let columns = order.iter().map(|index| {
            let bounds = &self.stats.columns[*index];
            let value = |bound: &Option<ScalarValue>| match bound {
                Some(value) if bounds.exact => Precision::Exact(value.clone()),
                Some(value) => Precision::Inexact(value.clone()),
                None => Precision::Absent,
            };
            let width = schema.field(*index).data_type().primitive_width();
            ColumnStatistics {
                null_count: exact(bounds.nulls),
                max_value: value(&bounds.max),
                min_value: value(&bounds.min),
                byte_size: match (width, exact(self.stats.rows)) {
                    (Some(width), Precision::Exact(rows)) => Precision::Exact(rows * width),
                    _ => Precision::Absent,
                },
                ..ColumnStatistics::default()
            }
        });
        Statistics { num_rows: exact(self.stats.rows), total_byte_size: size, column_statistics: columns.collect() }
    }
}

fn exact(count: Option<u64>) -> Precision<usize> {
    count.and_then(|count| usize::try_from(count).ok()).map_or(Precision::Absent, Precision::Exact)
}
