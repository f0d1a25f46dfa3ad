//! What planning a read of a database's table has in common, whatever the database.

use arrow::datatypes::{DataType, Field};

use crate::column_drift::{ColumnDrift, DriftedColumn, RetypedColumn};
use crate::{ConnectError, Note, Overlap, ReadMode, ReadPlan, ReadRequest, ReadUnit};

/// A column of a table, as far as planning needs to know it.
pub(crate) struct PlannedColumn<'a> {
    /// Its place among those of the table.
    pub(crate) position: usize,
    pub(crate) name: &'a str,
    /// Its type in the source's own words; empty where it has none.
    pub(crate) source_type: &'a str,
}

/// The columns of a plan, and where they are not what was promised: the promised ones in their order, then the others.
///
/// `natural` is what a column is read as where nothing is promised; `misfit` is the type found, where a column cannot hold to
/// the type promised.
pub(crate) fn planned_columns(
    request: &ReadRequest,
    table: &str,
    columns: &[PlannedColumn<'_>],
    mut natural: impl FnMut(&str) -> DataType,
    misfit: impl Fn(&str, &DataType) -> Option<DataType>,
) -> (Vec<Field>, ColumnDrift) {
    let (mut drift, mut fields) = (ColumnDrift::default(), Vec::new());
    let promised = request.promised.iter().flat_map(|schema| schema.fields().iter()).enumerate();
    for (position, field) in promised.filter(|(_, field)| request.wants(field.name())) {
        let known = Some(field.data_type()).filter(|data_type| **data_type != DataType::Null);
        let column = columns.iter().find(|column| column.name == field.name());
        let data_type = match (column, known) {
            (None, known) => {
                drift.missing.push(DriftedColumn::new(field.name(), field.data_type(), position, table));
                known.cloned().unwrap_or(DataType::Utf8)
            }
            (Some(column), None) => natural(column.name),
            (Some(column), Some(known)) => {
                if let Some(found) = misfit(column.name, known) {
                    let retyped = RetypedColumn::new(column.name, known, &found, table);
                    drift.retyped.push(retyped.of_source_type(column.source_type));
                }
                known.clone()
            }
        };
        fields.push(Field::new(field.name(), data_type, true));
    }
    let is_promised = |name: &str| request.promised.as_ref().is_some_and(|schema| schema.field_with_name(name).is_ok());
    for column in columns.iter().filter(|column| request.wants(column.name) && !is_promised(column.name)) {
        let data_type = natural(column.name);
        if request.promised.is_some() {
            let new = DriftedColumn::new(column.name, &data_type, column.position, table);
            drift.new.push(new.of_source_type(column.source_type));
        }
        fields.push(Field::new(column.name, data_type, true));
    }
    (fields, drift)
}

/// The cursor of an incremental read, held against the columns that a table has.
pub(crate) struct PlannedCursor<'a> {
    pub(crate) column: &'a str,
    pub(crate) overlap: Option<Overlap>,
    /// Whether a key tells rows apart, so that rows without a cursor value can be read again.
    pub(crate) has_key: bool,
}

impl<'a> PlannedCursor<'a> {
    /// `None` for a read that is not incremental.
    pub(crate) fn of(request: &'a ReadRequest, columns: &[&str]) -> Result<Option<Self>, ConnectError> {
        let ReadMode::Incremental { cursor, overlap, key } = &request.mode else { return Ok(None) };
        let cursor = cursor.as_ref().ok_or_else(|| {
            request.refused(
                "an incremental read of a table needs a cursor",
                "set `cursor` to the column that grows with every change, or use `mode: full`",
            )
        })?;
        for name in std::iter::once(cursor).chain(key) {
            if !columns.contains(&name.as_str()) {
                let near = ade_diagnostic::did_you_mean(name, columns.iter().copied());
                let advice = near.unwrap_or_else(|| "correct `cursor` or `key`".to_owned());
                return Err(request.refused(&format!("it has no column `{name}`"), &advice));
            }
        }
        Ok(Some(Self { column: cursor, overlap: *overlap, has_key: !key.is_empty() }))
    }

    /// What is said where the last read had another cursor (`before`), or one of another type.
    pub(crate) fn changed(&self, request: &ReadRequest, before: &str) -> Note {
        let (from, now) = (&request.from, self.column);
        let message = if before == now {
            format!("the cursor `{now}` of `{from}` has another type than before: all of it is read again")
        } else {
            format!("`{from}` was read by cursor `{before}` before, now by `{now}`: all of it is read again")
        };
        Note { id: "cursor-changed", message }
    }
}

impl ReadRequest {
    /// Whether a column is to be read.
    pub(crate) fn wants(&self, column: &str) -> bool {
        self.columns.as_ref().is_none_or(|columns| columns.iter().any(|wanted| wanted == column))
    }

    /// The error of a request that makes no sense.
    pub(crate) fn refused(&self, reason: &str, advice: &str) -> ConnectError {
        ConnectError::Request { from: self.from.clone(), reason: reason.to_owned(), advice: advice.to_owned() }
    }
}

impl ReadPlan {
    /// A plan of one unit, or of none where nothing has changed.
    pub(crate) fn of_table(
        request: &ReadRequest,
        fields: Vec<Field>,
        unit: Option<ReadUnit>,
        drift: ColumnDrift,
        notes: Vec<Note>,
    ) -> Self {
        Self {
            request: std::sync::Arc::new(request.clone()),
            schema: std::sync::Arc::new(arrow::datatypes::Schema::new(fields)),
            units: unit.into_iter().collect(),
            drift,
            replaces_all: false,
            notes,
            can_tell_misfits: false,
            misfits: Vec::new(),
            can_reject: false,
            rejects: false,
        }
    }
}
