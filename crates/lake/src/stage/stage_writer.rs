//! Takes the arrivals of a write.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Fields, Schema, SchemaRef};

use super::FileStager;
use super::arrivals::Arrivals;
use super::finish;
use super::partitions::Partitions;
use super::region_filter::RegionFilter;
use super::stage_plan::StagePlan;
use crate::failpoints::{self, STAGE_WRITE};
use crate::types::{coerce, coerce_for_file};
use crate::{KeySpec, LakeError, Staged, Write};

/// Writes arrivals to files that no commit mentions. Memory is bounded however many there are. When it is dropped its files
/// go with the lease: see [`crate::Lake::release`].
pub struct StageWriter {
    plan: StagePlan,
    /// The columns that a batch is fitted to: those of the table, and a delete mark or order that it has not got.
    arriving: SchemaRef,
    intake: Intake,
}

/// Where arrivals go.
enum Intake {
    /// Straight to files.
    Files { writer: Box<FileStager>, region: Option<Arc<RegionFilter>> },
    /// Straight to files, with an eye on which partitions they are of.
    Partitions { writer: Box<FileStager>, partitions: Box<Partitions> },
    /// First gathered by key.
    Keyed(Box<Arrivals>),
}

impl fmt::Debug for StageWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StageWriter").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl StageWriter {
    /// Opens the intake that the kind of write needs.
    pub(super) fn new(plan: StagePlan, stored: &Schema) -> Result<Self, LakeError> {
        let table = Arc::clone(plan.schema());
        let files = |region| -> Result<Intake, LakeError> {
            Ok(Intake::Files { writer: Box::new(plan.arrivals_writer()?), region })
        };
        let keyed = |spec: &KeySpec, arriving: &SchemaRef| -> Result<Intake, LakeError> {
            Ok(Intake::Keyed(Box::new(Arrivals::new(&plan, arriving, spec)?)))
        };
        let (intake, arriving) = match &plan.write {
            Write::Replace | Write::Append => (files(None)?, table),
            Write::ReplaceWhere(region) | Write::Exchange(region) => {
                let filter = RegionFilter::new(plan.handle.name(), region, &table)?;
                (files(Some(Arc::new(filter)))?, table)
            }
            Write::ReplacePartitions { columns } => {
                let partitions = Box::new(Partitions::new(&plan, columns, &table)?);
                (Intake::Partitions { writer: Box::new(plan.arrivals_writer()?), partitions }, table)
            }
            Write::DeleteInsert(spec) => (keyed(spec, &table)?, table),
            Write::Upsert(spec) | Write::UpsertExchange(spec, _) | Write::ReplaceByKey(spec) => {
                let mut fields: Vec<Arc<Field>> = table.fields().iter().cloned().collect();
                for column in spec.delete_when.iter().chain(&spec.order_by) {
                    if table.field_with_name(column).is_err()
                        && let Some((_, field)) = stored.fields().find(column)
                        && !fields.iter().any(|known| known.name() == column)
                    {
                        fields.push(Arc::clone(field));
                    }
                }
                let arriving = Arc::new(Schema::new(Fields::from(fields)));
                (keyed(spec, &arriving)?, arriving)
            }
            Write::DeleteByKey { columns } => {
                let fields = columns.iter().filter_map(|column| Some(Arc::clone(table.fields().find(column)?.1)));
                let arriving = Arc::new(Schema::new(fields.collect::<Fields>()));
                (keyed(&KeySpec::new(columns.iter()), &arriving)?, arriving)
            }
        };
        Ok(Self { plan, arriving, intake })
    }

    /// The columns of the table after the write, as stored.
    pub fn table_schema(&self) -> &SchemaRef {
        self.plan.schema()
    }

    /// Where the schema handed in is stored as another type, in words for people.
    pub fn notes(&self) -> &[String] {
        &self.plan.notes
    }

    /// Takes a batch whose columns are those of the request (found by name, in any order).
    ///
    /// # Errors
    /// [`LakeError::BadValue`], [`LakeError::OutsideRegion`], or those of the store. The stage is of no use afterwards.
    pub async fn write(&mut self, batch: RecordBatch) -> Result<(), LakeError> {
        let log = self.plan.handle.log();
        failpoints::hit_store(STAGE_WRITE).map_err(|source| log.store_error("staging rows", source))?;
        // Nothing looks at these on their way.
        let goes_straight =
            matches!(self.intake, Intake::Files { region: None, .. }) && self.plan.partition_by.is_empty();
        let fit = if goes_straight { coerce_for_file } else { coerce };
        let batch = fit(self.plan.handle.name(), &batch, &self.arriving)?;
        match &mut self.intake {
            Intake::Files { writer, region } => {
                if let (Some(region), Write::ReplaceWhere(_)) = (region, &self.plan.write) {
                    region.check_inside(&batch)?;
                }
                writer.write(&batch).await
            }
            Intake::Partitions { writer, partitions } => {
                partitions.note(&self.plan, &batch).await?;
                writer.write(&batch).await
            }
            Intake::Keyed(arrivals) => arrivals.push(&self.plan, batch).await,
        }
    }

    /// Makes everything durable and works out what the table would become.
    ///
    /// # Errors
    /// [`LakeError::NullKey`], and those of the store and of reading the files that the write touches.
    pub async fn finish(self) -> Result<Staged, LakeError> {
        match self.intake {
            Intake::Files { writer, region } => finish::files(self.plan, *writer, region).await,
            Intake::Partitions { writer, partitions } => finish::partitions(self.plan, *writer, *partitions).await,
            Intake::Keyed(arrivals) => finish::keyed(self.plan, *arrivals).await,
        }
    }

    /// Removes what was written.
    ///
    /// # Errors
    /// [`LakeError::Store`].
    pub async fn discard(self) -> Result<(), LakeError> {
        match self.intake {
            Intake::Files { writer, .. } | Intake::Partitions { writer, .. } => writer.discard().await,
            Intake::Keyed(arrivals) => arrivals.rows.discard().await,
        }
    }
}
