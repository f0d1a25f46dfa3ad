//! Batches of one table, obfuscated.

mod plan;

use std::sync::Arc;

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::{DataType, Field, Schema, SchemaRef},
};

use self::plan::Plan;
use crate::{Keyring, Loss, Policy, PrivacyError};

/// Obfuscates the batches of one table.
///
/// Made once for a table; subkeys and patterns are derived then. [`Obfuscator::apply`] takes `&self`: batches may be worked
/// on side by side, and what is remembered of earlier ones changes how long it takes and nothing else.
#[derive(Debug)]
pub struct Obfuscator {
    input: SchemaRef,
    output: SchemaRef,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    path: String,
    plan: Plan,
}

/// What happens to one column, for catalogues and reports.
#[derive(Debug, Clone, PartialEq)]
pub struct TreatedColumn {
    /// Its name.
    pub column: String,
    /// Its type before.
    pub input: DataType,
    /// Its type after; `None` when it does not land.
    pub output: Option<DataType>,
}

impl Obfuscator {
    /// Checks that every column of the schema has a treatment that fits its type, and prepares them.
    ///
    /// Fails with [`PrivacyError::Unclassified`] naming all columns without a decision, or with
    /// [`PrivacyError::DoesNotFit`]. Decisions about columns that the schema does not have are left aside: whether
    /// a column is missing is for the contract to say.
    pub fn new(schema: &Schema, policy: &Policy, keyring: &Keyring) -> Result<Self, PrivacyError> {
        let mut unclassified = Vec::new();
        let mut planned = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            planned.extend(plan::column(field.name(), field, policy, keyring, &mut unclassified)?);
        }
        if !unclassified.is_empty() {
            return Err(PrivacyError::Unclassified { columns: unclassified });
        }
        let mut columns = Vec::with_capacity(planned.len());
        let mut fields = Vec::with_capacity(planned.len());
        for (field, (plan, output)) in schema.fields().iter().zip(planned) {
            columns.push(Column { path: field.name().clone(), plan });
            fields.extend(output);
        }
        let output = Schema::new_with_metadata(fields, schema.metadata().clone());
        Ok(Self { input: Arc::new(schema.clone()), output: Arc::new(output), columns })
    }

    /// The schema of the batches that [`Obfuscator::apply`] takes.
    pub fn input_schema(&self) -> &SchemaRef {
        &self.input
    }

    /// The schema of the batches that [`Obfuscator::apply`] gives: the columns that land, in their order.
    pub fn output_schema(&self) -> &SchemaRef {
        &self.output
    }

    /// What happens to each column, in the order of the input.
    pub fn columns(&self) -> Vec<TreatedColumn> {
        let output = |field: &Field| self.output.field_with_name(field.name()).ok().map(|f| f.data_type().clone());
        let treated = |field: &Arc<Field>| TreatedColumn {
            column: field.name().clone(),
            input: field.data_type().clone(),
            output: output(field),
        };
        self.input.fields().iter().map(treated).collect()
    }

    /// The batch with every column treated. Its columns must be those of the input schema, in the same order.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch, PrivacyError> {
        self.check(batch)?;
        let mut arrays = Vec::with_capacity(self.output.fields().len());
        for (column, array) in self.columns.iter().zip(batch.columns()) {
            let result = column.plan.apply(array).map_err(|failed| failed.at(&column.path, batch.num_rows()))?;
            arrays.extend(result);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.output), arrays, &options)
            .map_err(|_| PrivacyError::Arrow { column: "*".to_owned(), treatment: "all" })
    }

    /// Of each column whose treatment may not understand a value (see [`crate::Truncate`]): how many of its values `treated`,
    /// which [`Obfuscator::apply`] made of `batch`, has no more. Columns without any value are left out.
    pub fn losses(&self, batch: &RecordBatch, treated: &RecordBatch) -> Vec<Loss> {
        let mut losses = Vec::new();
        let mut after = treated.columns().iter();
        for (column, before) in self.columns.iter().zip(batch.columns()) {
            if let Some(after) = column.plan.lands().then(|| after.next()).flatten() {
                column.plan.losses(&column.path, before, after, &mut losses);
            }
        }
        losses
    }

    fn check(&self, batch: &RecordBatch) -> Result<(), PrivacyError> {
        let schema = batch.schema_ref();
        let describe = |field: Option<&Arc<Field>>| {
            field.map_or_else(|| "nothing".to_owned(), |field| format!("`{}` {}", field.name(), field.data_type()))
        };
        for at in 0..self.input.fields().len().max(schema.fields().len()) {
            let (expected, found) = (self.input.fields().get(at), schema.fields().get(at));
            let same = match (expected, found) {
                (Some(expected), Some(found)) => {
                    expected.name() == found.name() && expected.data_type().equals_datatype(found.data_type())
                }
                _ => false,
            };
            if !same {
                let column = expected.or(found).map_or_else(String::new, |field| field.name().clone());
                return Err(PrivacyError::SchemaMismatch {
                    column,
                    expected: describe(expected),
                    found: describe(found),
                });
            }
        }
        Ok(())
    }
}
