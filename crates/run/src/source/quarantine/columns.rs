//! The columns that rejects have beside those of their table.
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::super::rejection::{RejectKind, Rejection};
use super::super::row_digest::Place;
use super::super::stamp::{BATCH_ID, LOADED_AT};
use crate::error::RunError;

/// Column with the reasons for which something is rejected, in words.
pub(crate) const REASON: &str = "_ade_reason";
/// Column that tells rejects apart: a digest of the row's key as it would have landed, or of where it came from without a key.
pub(crate) const ROW: &str = "_ade_row";
/// Column with what is broken: kinds of drift, rules by their names.
pub(crate) const RULE: &str = "_ade_rule";
/// Column with what the reject is of: a `row`, a `value` of a row that landed, a `record`.
pub(crate) const KIND: &str = "_ade_kind";
/// Column with where it is in its source.
pub(crate) const PLACE: &str = "_ade_place";
/// Column with what nobody could treat, sealed: the record, or a JSON object of values by column.
pub(crate) const SEALED: &str = "_ade_sealed";
/// Column with what became of it: [`OPEN`], or [`REPLAYED`] or [`DISCARDED`] and when; NULL is open.
pub(crate) const STATE: &str = "_ade_state";

/// It waits for somebody.
pub(crate) const OPEN: &str = "open";
/// It has landed.
pub(crate) const REPLAYED: &str = "replayed";
/// Somebody wants no more of it.
pub(crate) const DISCARDED: &str = "discarded";

const ALL: [&str; 7] = [REASON, ROW, RULE, KIND, PLACE, SEALED, STATE];

/// Whether a column says something of a reject, or of its batch, and is none of the row itself.
pub(crate) fn own_of_rejects(name: &str) -> bool {
    ALL.contains(&name) || [BATCH_ID, LOADED_AT].contains(&name)
}

/// The columns that the table has beside the batch of each row.
pub(super) fn own_columns(treated: &Schema) -> SchemaRef {
    let mut fields: Vec<Arc<Field>> = treated.fields().iter().cloned().collect();
    fields.extend(ALL.map(|name| Arc::new(Field::new(name, DataType::Utf8, true))));
    Arc::new(Schema::new(fields))
}

/// A record that no row could be made of, as it is kept.
pub(super) struct SealedRecord {
    pub(super) digest: String,
    pub(super) rule: &'static str,
    pub(super) reason: String,
    pub(super) place: String,
    pub(super) sealed: String,
}

/// Records as rejects of a table with the columns `treated`.
pub(super) fn of_records(treated: &Schema, records: &[SealedRecord]) -> Result<RecordBatch, RunError> {
    let rows = records.len();
    let text = |text: &dyn Fn(&SealedRecord) -> String| -> ArrayRef {
        Arc::new(records.iter().map(|record| Some(text(record))).collect::<StringArray>())
    };
    let mut columns: Vec<ArrayRef> =
        treated.fields().iter().map(|field| new_null_array(field.data_type(), rows)).collect();
    columns.extend([
        text(&|record| record.reason.clone()),
        text(&|record| record.digest.clone()),
        text(&|record| record.rule.to_owned()),
        text(&|_| RejectKind::Record.word().to_owned()),
        text(&|record| record.place.clone()),
        text(&|record| record.sealed.clone()),
        text(&|_| OPEN.to_owned()),
    ]);
    RecordBatch::try_new(own_columns(treated), columns).map_err(|_| RunError::Stamp { rows })
}

/// Treated rows with what is said of them. `promises`: every reason with what is broken then; `discarded` gives the
/// state of rejects that nobody wants.
pub(super) fn of_rows(
    treated: &RecordBatch,
    rejection: &Rejection,
    digests: StringArray,
    promises: &[(String, String)],
    place: Place<'_>,
    discarded: impl Fn(usize, &StringArray) -> Option<String>,
) -> Result<RecordBatch, RunError> {
    let rows = treated.num_rows();
    let is_rejected = |row: &usize| rejection.reasons.is_valid(*row);
    let rule = |row: usize| {
        let reason = rejection.reasons.value(row);
        let broken = promises.iter().filter(|(known, _)| reason.contains(known.as_str()));
        let besides = rejection.rules.get(row).and_then(Option::as_deref);
        let mut rules: Vec<&str> = broken.map(|(_, rule)| rule.as_str()).chain(besides).collect();
        rules.dedup();
        rules.join(", ")
    };
    let of = |text: &dyn Fn(usize) -> String| -> StringArray {
        (0..rows).map(|row| Some(row).filter(is_rejected).map(text)).collect()
    };
    let rules = of(&rule);
    let places = of(&|row| place.words(row));
    let states = of(&|row| discarded(row, &digests).unwrap_or_else(|| OPEN.to_owned()));
    let mut columns: Vec<ArrayRef> = treated.columns().to_vec();
    columns.push(Arc::new(rejection.reasons.clone()));
    columns.push(Arc::new(digests));
    columns.extend(
        [rules, rejection.kinds.clone(), places, rejection.sealed.clone(), states]
            .map(|texts| -> ArrayRef { Arc::new(texts) }),
    );
    RecordBatch::try_new(own_columns(treated.schema_ref()), columns).map_err(|_| RunError::Stamp { rows })
}
