//! The table provider: one Parquet scan over a pinned list of files.
//!
//! Nothing of Delta is left in the plan (a `DataSourceExec` over files with real URLs), so it can be optimised, shipped
//! and repartitioned like every other Parquet scan. Files are left out before planning by their statistics and
//! partition values; what remains carries its statistics for joins, aggregates and pruning at run time. A column that
//! an older file has not got is NULL, a narrower type is cast: DataFusion's expression adapter does both.

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use super::{ScanFile, prune};

/// What is scanned: where, and which columns.
#[derive(Debug, Clone)]
pub(crate) struct ScanTarget {
    /// The store.
    pub(crate) store: ObjectStoreUrl,
    /// All columns, in the table's order.
    pub(crate) schema: SchemaRef,
    /// Those that are not in the files.
    pub(crate) partition_by: Vec<String>,
}

/// A scan of a pinned list of files.
#[derive(Debug)]
pub(crate) struct TableScan {
    store: ObjectStoreUrl,
    schema: SchemaRef,
    /// The columns as DataFusion has them: those in the files, then the partition columns.
    source_schema: TableSchema,
    /// For each column of `source_schema` its place in `schema`.
    order: Vec<usize>,
    files: Vec<Arc<ScanFile>>,
}

impl TableScan {
    /// A scan of `files`.
    pub(crate) fn new(target: ScanTarget, files: Vec<Arc<ScanFile>>) -> Self {
        let ScanTarget { store, schema, partition_by } = target;
        let partition: Vec<usize> = partition_by.iter().filter_map(|column| schema.index_of(column).ok()).collect();
        let mut order: Vec<usize> = (0..schema.fields().len()).filter(|index| !partition.contains(index)).collect();
        let in_files = Schema::new(order.iter().map(|index| schema.field(*index).clone()).collect::<Vec<_>>());
        let partition_fields = partition.iter().map(|index| Arc::clone(&schema.fields()[*index])).collect::<Vec<_>>();
        order.extend(partition);
        let source_schema =
            TableSchema::builder(Arc::new(in_files)).with_table_partition_cols(partition_fields).build();
        Self { store, schema, source_schema, order, files }
    }

    /// The files that may hold rows for the filters, as few as the limit needs.
    fn select(&self, state: &dyn Session, filters: &[Expr], limit: Option<usize>) -> (Vec<Arc<ScanFile>>, bool) {
        if let Some(filter) = conjunction(filters.iter().cloned()) {
            // A filter that cannot be understood here is applied above the scan all the same.
            let predicate = DFSchema::try_from(Arc::clone(&self.schema))
                .and_then(|columns| state.create_physical_expr(filter, &columns));
            let Ok(predicate) = predicate else { return (self.files.clone(), false) };
            let keep = prune(predicate, &self.schema, &self.files);
            let kept = self.files.iter().zip(keep).filter(|(_, keep)| *keep).map(|(file, _)| Arc::clone(file));
            return (kept.collect(), false);
        }
        let Some(limit) = limit else { return (self.files.clone(), false) };
        let mut rows = 0_u64;
        let mut enough = Vec::new();
        for file in &self.files {
            if rows >= limit as u64 {
                return (enough, true);
            }
            rows += file.stats.rows.unwrap_or_default();
            enough.push(Arc::clone(file));
        }
        (enough, false)
    }

    fn merged_statistics(&self, files: &[Arc<ScanFile>]) -> Result<Statistics> {
        let statistics: Vec<_> = files.iter().map(|file| file.statistics(&self.schema, &self.order)).collect();
        Statistics::try_merge_iter(&statistics, self.source_schema.table_schema())
    }
}

#[async_trait]
impl TableProvider for TableScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let (files, cut_off) = self.select(state, filters, limit);
        if files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(Arc::new(self.schema.project(&columns)?))));
        }
        let statistics = self.merged_statistics(&files)?;
        let statistics = if cut_off { statistics.to_inexact() } else { statistics };
        let partitioned = files.iter().map(|file| file.partitioned_file(&self.schema, &self.order));
        let groups = FileGroup::new(partitioned.collect()).split_files(state.config().target_partitions());
        let groups = groups.into_iter().map(|group| {
            let statistics: Vec<_> = group.iter().filter_map(|file| file.statistics.clone()).collect();
            let statistics = statistics.iter().map(AsRef::as_ref);
            let merged = Statistics::try_merge_iter(statistics, self.source_schema.table_schema())?;
            Ok(group.with_statistics(Arc::new(merged)))
        });
        let groups = groups.collect::<Result<Vec<_>>>()?;
        let mut in_source = Vec::with_capacity(columns.len());
        for column in columns {
            in_source.extend(self.order.iter().position(|index| *index == column));
        }
        let options = state.default_table_options().parquet;
        let source = ParquetSource::new(self.source_schema.clone()).with_table_parquet_options(options.clone());
        let config = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(Some(in_source))?
            .with_limit(limit)
            .build();
        // The format gives the scan the session's cache of Parquet footers.
        ParquetFormat::new().with_options(options).create_physical_plan(state, config).await
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    fn statistics(&self) -> Option<Statistics> {
        let merged = self.merged_statistics(&self.files).ok()?;
        let mut columns = vec![None; self.order.len()];
        for (statistics, index) in merged.column_statistics.iter().zip(&self.order) {
            columns[*index] = Some(statistics.clone());
        }
        let column_statistics = columns.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Statistics { column_statistics, ..merged })
    }
}
