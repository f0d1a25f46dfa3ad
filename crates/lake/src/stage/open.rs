//! Opens a stage: fits the request to the table before anything is written.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use super::StageWriter;
use super::stage_plan::StagePlan;
use crate::commit::conflict;
use crate::failpoints::{self, STAGE_BEGIN};
use crate::log::check_writable;
use crate::table_handle::TableHandle;
use crate::types::{Evolution, delta_schema, evolve, widen};
use crate::{LakeError, Lease, SchemaChange, Snapshot, StageRequest, Write, maintain};

/// Opens a stage.
pub(crate) async fn open(handle: TableHandle, request: StageRequest, lease: &Lease) -> Result<StageWriter, LakeError> {
    failpoints::hit_store(STAGE_BEGIN).map_err(|source| handle.log().store_error("opening a write", source))?;
    handle.check_lease(lease).await?;
    if handle.log().is_dropped().await? {
        maintain::drop_table(&handle, lease).await?;
    }
    let base = match handle.log().newest().await? {
        Some(latest) => Some(Snapshot::load(handle.clone(), latest).await?),
        None => None,
    };
    let version = base.as_ref().map(Snapshot::version);
    let agrees = handle.lake().holdings().agrees(lease, version);
    agrees.map_err(|expected| conflict(&handle, expected, version))?;
    if let Some(base) = &base {
        check_writable(base.delta().protocol(), base.delta().metadata()).map_err(|feature| LakeError::Unsupported {
            table: handle.name().clone(),
            feature,
            advice: "this lake writes only tables without it".into(),
        })?;
    }
    let bad = |reason: String| LakeError::BadRequest { table: handle.name().clone(), reason };
    let arrivals = settle_nulls(&request.schema, base.as_ref());
    let stored = delta_schema(handle.name(), &arrivals)?;
    check_columns(&request.write, &request.schema).map_err(bad)?;
    let evolution = columns_after(&handle, &request, base.as_ref(), &stored.schema)?;
    let partition_by = match (&request.partition_by, &base) {
        (Some(columns), Some(base)) if !replaces_all(&request.write) && columns != base.partition_by() => {
            let now = base.partition_by().join(", ");
            return Err(bad(format!("it is split by ({now}); only replacing it whole can change that")));
        }
        (Some(columns), _) => columns.clone(),
        (None, Some(base)) => base.partition_by().to_vec(),
        (None, None) => Vec::new(),
    };
    let mut plan = StagePlan {
        lease: lease.clone(),
        stage_id: handle.options().ids.next(),
        base,
        write: request.write,
        evolution,
        partition_by,
        table_lines: Vec::new(),
        notes: stored.notes,
        handle,
    };
    plan.describe_table()?;
    StageWriter::new(plan, &stored.schema)
}

/// A column of nothing but NULLs without a type takes the table's.
fn settle_nulls(arrivals: &SchemaRef, base: Option<&Snapshot>) -> Schema {
    let fields = arrivals.fields().iter().map(|field| {
        let known = base.and_then(|base| base.schema().field_with_name(field.name()).ok());
        match (field.data_type(), known) {
            (DataType::Null, Some(known)) => Arc::new(known.clone()),
            _ => Arc::clone(field),
        }
    });
    Schema::new(fields.collect::<Fields>())
}

/// Whether nothing of what is there stays.
pub(super) fn replaces_all(write: &Write) -> bool {
    matches!(write, Write::Replace | Write::ReplaceByKey(_))
}

/// The columns that the write needs must be among the arrivals.
fn check_columns(write: &Write, arrivals: &Schema) -> Result<(), String> {
    let has = |column: &str, what: &str| match arrivals.field_with_name(column) {
        Ok(field) => Ok(field.clone()),
        Err(_) => Err(format!("the {what} `{column}` is none of the arriving columns")),
    };
    let key = |columns: &[String]| -> Result<(), String> {
        if columns.is_empty() {
            return Err("a key needs at least one column".into());
        }
        columns.iter().try_for_each(|column| has(column, "key column").map(|_| ()))
    };
    match write {
        Write::Replace | Write::Append => Ok(()),
        Write::ReplaceWhere(region) | Write::Exchange(region) => {
            has(region.column(), "column of the replaced region").map(|_| ())
        }
        Write::ReplacePartitions { columns } => {
            if columns.is_empty() {
                return Err("replacing partitions needs at least one column".into());
            }
            columns.iter().try_for_each(|column| has(column, "column of the replaced partitions").map(|_| ()))
        }
        Write::DeleteByKey { columns } => key(columns),
        Write::Upsert(spec)
        | Write::UpsertExchange(spec, _)
        | Write::ReplaceByKey(spec)
        | Write::DeleteInsert(spec) => {
            if let Write::UpsertExchange(_, region) = write {
                has(region.column(), "column of the replaced region")?;
            }
            key(&spec.columns)?;
            if let Some(column) = &spec.order_by {
                has(column, "order column")?;
            }
            if let Some(column) = &spec.delete_when
                && has(column, "delete mark")?.data_type() != &DataType::Boolean
            {
                return Err(format!("the delete mark `{column}` is not a boolean"));
            }
            Ok(())
        }
    }
}

/// The columns of the table after the write.
fn columns_after(
    handle: &TableHandle,
    request: &StageRequest,
    base: Option<&Snapshot>,
    stored: &SchemaRef,
) -> Result<Evolution, LakeError> {
    let table = handle.name();
    if let Write::ReplaceByKey(spec) = &request.write {
        // A whole new table has no rows that are marked as deleted.
        let schema = Arc::new(select(stored, |field| spec.delete_when.as_ref() != Some(field.name())));
        let changed = base.is_none_or(|base| schema != *base.schema());
        return Ok(Evolution { schema, changed, rewritten: BTreeSet::new() });
    }
    let Some(base) = base else {
        return match &request.write {
            Write::DeleteByKey { .. } => Err(LakeError::NoTable { table: table.clone() }),
            _ => Ok(Evolution { schema: Arc::clone(stored), changed: true, rewritten: BTreeSet::new() }),
        };
    };
    let arriving = match &request.write {
        Write::Replace => {
            let changed = stored != base.schema();
            return Ok(Evolution { schema: Arc::clone(stored), changed, rewritten: BTreeSet::new() });
        }
        // Only the key matters, and it must be one of the table's columns.
        Write::DeleteByKey { columns } => select(stored, |field| columns.contains(field.name())),
        // A delete mark that the table has not got is no column of it.
        Write::Upsert(spec) | Write::UpsertExchange(spec, _) => select(stored, |field| {
            spec.delete_when.as_ref() != Some(field.name()) || base.schema().field_with_name(field.name()).is_ok()
        }),
        Write::Append
        | Write::ReplaceWhere(_)
        | Write::ReplacePartitions { .. }
        | Write::Exchange(_)
        | Write::ReplaceByKey(_)
        | Write::DeleteInsert(_) => stored.as_ref().clone(),
    };
    let mismatch = |problems| LakeError::SchemaMismatch { table: table.clone(), problems };
    if let Write::DeleteByKey { .. } = &request.write {
        let evolution = evolve(base.schema(), &arriving, SchemaChange::Evolve).map_err(mismatch)?;
        if evolution.changed {
            return Err(mismatch(vec!["the key of the rows to delete is not the table's".into()]));
        }
        return Ok(evolution);
    }
    let evolution = evolve(base.schema(), &arriving, request.schema_change).map_err(mismatch)?;
    let problems = broken_partitions(base, &evolution);
    if problems.is_empty() { Ok(evolution) } else { Err(mismatch(problems)) }
}

/// Columns that split the table and cannot do so any more. Their values are texts in the log, not rows that could be cast.
fn broken_partitions(base: &Snapshot, evolution: &Evolution) -> Vec<String> {
    let split = base.partition_by().iter().filter(|column| evolution.rewritten.contains(*column));
    let problem = |column: &String| {
        let before = base.schema().field_with_name(column).ok()?.data_type();
        let Ok(after) = evolution.schema.field_with_name(column) else {
            return Some(format!("column `{column}` splits the table and is missing"));
        };
        let fits = widen(before, after.data_type()).is_some_and(|wide| wide == *after.data_type());
        (!fits).then(|| format!("column `{column}` splits the table as {before} and arrives as {}", after.data_type()))
    };
    split.filter_map(problem).collect()
}

fn select(schema: &Schema, keep: impl Fn(&Field) -> bool) -> Schema {
    Schema::new(schema.fields().iter().filter(|field| keep(field)).cloned().collect::<Fields>())
}
