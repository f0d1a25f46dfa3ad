//! What the columns of a key may go through: rows are told apart by their key after obfuscation, so a treatment that
//! makes two keys equal would make two rows one, and nobody would notice.
//!
//! Looking at the rows cannot find that out: what landed earlier is known by its pseudonym alone. So only treatments that
//! keep all keys apart are let through, whatever the rows hold.
use ade_diagnostic::{Diagnostic, Location, agree, count, rule};
use ade_privacy::{DataFamily, Policy, Treatment};
use ade_project::resource::{IngestMode, SourceTable};
use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::compute::{and, is_not_null, not, or};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;

/// Every column of the key whose treatment may make different keys equal. Columns that the
/// schema has not got, or whose type is still unknown (`Null`), are passed over.
pub(super) fn folded_keys(source: &SourceTable, policy: &Policy, schema: &Schema) -> Vec<Diagnostic> {
    let Some(declared) = &source.ingest else { return Vec::new() };
    let consequence = match declared.mode {
        IngestMode::Incremental | IngestMode::Capture => "two rows of the source would become one",
        IngestMode::Full => "nobody could tell whether a key of the source occurs more than once",
    };
    let mut problems = Vec::new();
    for key in &declared.key {
        let (Some(field), Some(decided)) =
            (found(schema, key), policy.columns().iter().find(|decided| decided.column.eq_ignore_ascii_case(key)))
        else {
            continue;
        };
        let Some((why, hint)) = folds(&decided.treatment, field.data_type()) else { continue };
        let table = format!("{}.{}", source.source, source.name);
        let message = format!("key column `{key}` of `{table}` is treated by `{}`, {why}", decided.treatment);
        let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(place(source, key));
        problems.push(problem.note(consequence).hint(hint));
    }
    problems
}

/// Every column of the key that is none of the columns that land.
pub(super) fn missing_keys(source: &SourceTable, schema: &Schema) -> Vec<Diagnostic> {
    let Some(declared) = &source.ingest else { return Vec::new() };
    let missing = declared.key.iter().filter(|key| found(schema, key).is_none());
    missing
        .map(|key| {
            let names = schema.fields().iter().map(|field| field.name().as_str());
            let table = format!("{}.{}", source.source, source.name);
            let message = format!("the key of `{table}` names `{key}`, which is none of the columns that land");
            Diagnostic::error(&rule::UNKNOWN_COLUMN, message).at(declared.origin.clone()).suggestion(key, names)
        })
        .collect()
}

/// The problem of rows that have NULL in their key, if there are any: they could not be told apart, nor found again. The lake
/// refuses them, too; here it is still known which unit they are of.
pub(super) fn rows_with_null_key(source: &SourceTable, label: &str, batch: &RecordBatch) -> Option<Diagnostic> {
    let declared = source.ingest.as_ref()?;
    let mut nulls: Option<NullBuffer> = None;
    let mut columns = Vec::new();
    for key in &declared.key {
        let place = batch.schema_ref().fields().iter().position(|field| field.name().eq_ignore_ascii_case(key));
        let found = place.and_then(|place| batch.column(place).logical_nulls()).filter(|found| found.null_count() > 0);
        if found.is_some() {
            columns.push(format!("`{key}`"));
            nulls = NullBuffer::union(nulls.as_ref(), found.as_ref());
        }
    }
    let rows = nulls?.null_count();
    let table = format!("{}.{}", source.source, source.name);
    let message = format!(
        "at least {} of `{table}` {} NULL in {} of {} key",
        count(rows, "row"),
        agree(rows, "has", "have"),
        columns.join(" and "),
        agree(rows, "its", "their")
    );
    let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(declared.origin.clone());
    Some(
        problem
            .note(format!("in {label}"))
            .hint("choose a `key` that every row has, or have such rows left out by the source"),
    )
}

/// The problem of rows with a key that others have, too, where each row comes once: changes of them could not be told apart.
pub(super) fn repeated_key(source: &SourceTable, repeated: u64, rows: u64) -> Option<Diagnostic> {
    let declared = source.ingest.as_ref().filter(|_| repeated > 0)?;
    let (table, key) = (format!("{}.{}", source.source, source.name), declared.key.join(", "));
    let (of, have) = (count(rows, "row"), agree(repeated, "has", "have"));
    let message = format!("{repeated} of {of} of `{table}` {have} a key ({key}) that others have, too");
    let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(declared.origin.clone());
    Some(problem.hint("name columns in `key` that tell all rows apart: a primary key or a unique one"))
}

/// The rows that stay, and of those that are `gone` the ones without NULL in their key.
pub(super) fn with_whole_key(
    source: &SourceTable,
    batch: &RecordBatch,
    gone: &BooleanArray,
) -> Result<BooleanArray, ArrowError> {
    let key = source.ingest.as_ref().map(|declared| key_places(batch.schema_ref(), &declared.key)).unwrap_or_default();
    let mut known = BooleanArray::from(vec![true; batch.num_rows()]);
    for place in key {
        known = and(&known, &is_not_null(batch.column(place))?)?;
    }
    or(&known, &not(gone)?)
}

/// Why a treatment may make different values of a type equal, and what to do; `None` when it cannot.
fn folds(treatment: &Treatment, data_type: &DataType) -> Option<(String, String)> {
    match treatment {
        Treatment::Keep | Treatment::Encrypt { .. } => None,
        Treatment::Pseudonym { .. } if *data_type == DataType::Null => None,
        Treatment::Pseudonym { domain } => {
            let form = domain.form();
            (!form.keeps_apart(DataFamily::of(data_type))).then(|| {
                (
                    format!("whose form `{}` makes different keys equal", form.name()),
                    format!(
                        "write `privacy: {{treatment: pseudonym, domain: {}, form: exact}}`: only equal keys get equal pseudonyms, and \
                         it joins with the domain's other columns where both are spelled alike",
                        domain.name()
                    ),
                )
            })
        }
        Treatment::Drop
        | Treatment::Null
        | Treatment::Mask(_)
        | Treatment::Truncate(_)
        | Treatment::Bucket(_)
        | Treatment::Redact(_) => Some((
            "which makes different keys equal".to_owned(),
            "use `keep`, `pseudonym` with `form: exact`, or `encrypt` for columns of the key".to_owned(),
        )),
    }
}

/// The places of the key's columns; empty when one of them is not there.
pub(super) fn key_places(schema: &Schema, key: &[String]) -> Vec<usize> {
    let place = |name: &String| schema.fields().iter().position(|field| field.name().eq_ignore_ascii_case(name));
    key.iter().map(place).collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn found<'a>(schema: &'a Schema, name: &str) -> Option<&'a Field> {
    schema.fields().iter().find(|field| field.name().eq_ignore_ascii_case(name)).map(AsRef::as_ref)
}

/// Where the column's treatment is decided, or the key is declared.
fn place(source: &SourceTable, key: &str) -> Location {
    let listed = source.columns.iter().find(|column| column.name.eq_ignore_ascii_case(key));
    let privacy = listed.and_then(|column| column.privacy.as_ref());
    let at_ingest = || source.ingest.as_ref().map_or(&source.origin, |declared| &declared.origin);
    privacy.map(|privacy| &privacy.origin).or(listed.map(|column| &column.origin)).unwrap_or_else(at_ingest).clone()
}
