//! Rows of a batch that are rejected, wholly or in a value of theirs: why, and what of them nobody could treat.
//!
//! A value that does not fit its column is not what its class was decided for, so no treatment is right for it. It is sealed:
//! only the environment's key opens it, when it is replayed or looked at.
use std::fmt;

use ade_privacy::{Keyring, seal_column};
use arrow::array::{Array, ArrayRef, BooleanArray, StringArray};
use arrow::compute::{filter, is_not_null};
use serde_json::{Map, Value};

use crate::build::TaskError;
use crate::error::RunError;

/// What a reject is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RejectKind {
    /// A row, which is kept apart.
    Row,
    /// Values of a row that landed without them.
    Value,
    /// A record that no row could be made of.
    Record,
}

impl RejectKind {
    /// As it is stored.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Value => "value",
            Self::Record => "record",
        }
    }
}

/// What was rejected of a row before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Earlier {
    /// Why, in words.
    pub(super) reason: String,
    /// What was broken.
    pub(super) rule: String,
    /// The values that did not fit, sealed, as a JSON object by column.
    pub(super) sealed: Option<String>,
}

impl Earlier {
    /// What is sealed of these columns.
    pub(super) fn sealed_of(&self, columns: &[&str]) -> Map<String, Value> {
        let all: Map<String, Value> =
            self.sealed.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        all.into_iter().filter(|(column, _)| columns.contains(&column.as_str())).collect()
    }
}

/// What goes on of it with the row.
#[derive(Debug, Clone, Default)]
pub(super) struct GoesOn {
    /// What is broken, where nothing that is promised now says it.
    pub(super) rule: Option<String>,
    /// What is sealed, by column.
    pub(super) sealed: Map<String, Value>,
}

/// Values of one column that do not fit, as the source has them.
#[derive(Clone)]
pub(super) struct Unfit {
    /// The column.
    pub(super) column: String,
    /// All of its values.
    pub(super) values: ArrayRef,
    /// Those that do not fit.
    pub(super) rows: BooleanArray,
}

/// Says nothing of the values.
impl fmt::Debug for Unfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Unfit({}: {} of {})", self.column, self.rows.true_count(), self.rows.len())
    }
}

/// What is rejected of the rows of a batch.
#[derive(Debug)]
pub(super) struct Rejection {
    /// Why; NULL for rows of which nothing is.
    pub(super) reasons: StringArray,
    /// What each reject is of.
    pub(super) kinds: StringArray,
    /// What each breaks besides what its reasons say.
    pub(super) rules: Vec<Option<String>>,
    /// The values that do not fit, sealed, as a JSON object by column.
    pub(super) sealed: StringArray,
}

impl Rejection {
    /// Of rows, `apart` says why they are kept apart, and `aside` why values of theirs are. What is `unfit` is sealed; `goes_on` is
    /// sealed already, of each row or of none.
    pub(super) fn new(
        rows: usize,
        apart: Option<&StringArray>,
        aside: Option<&StringArray>,
        unfit: &[Unfit],
        keyring: Option<&Keyring>,
        mut goes_on: Vec<GoesOn>,
    ) -> Result<Option<Self>, TaskError> {
        if apart.is_none() && aside.is_none() {
            return Ok(None);
        }
        let why = |reasons: Option<&StringArray>, row: usize| {
            reasons.filter(|reasons| reasons.is_valid(row)).map(|reasons| reasons.value(row).to_owned())
        };
        let (mut reasons, mut kinds) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for row in 0..rows {
            let (apart, aside) = (why(apart, row), why(aside, row));
            let kind = if apart.is_some() { RejectKind::Row } else { RejectKind::Value };
            let reason = match (apart, aside) {
                (Some(apart), Some(aside)) => Some(format!("{apart}, {aside}")),
                (apart, aside) => apart.or(aside),
            };
            kinds.push(reason.is_some().then(|| kind.word()));
            reasons.push(reason);
        }
        goes_on.resize(rows, GoesOn::default());
        let (rules, objects) = goes_on.into_iter().map(|one| (one.rule, one.sealed)).unzip();
        let sealed = sealed(objects, unfit, keyring)?;
        Ok(Some(Self { reasons: reasons.into(), kinds: kinds.into(), rules, sealed }))
    }

    /// Which rows there are rejects of.
    pub(super) fn any(&self) -> Result<BooleanArray, RunError> {
        is_not_null(&self.reasons).map_err(|_| RunError::Stamp { rows: self.reasons.len() })
    }
}

/// Adds what does not fit to what is sealed of each row.
fn sealed(
    mut objects: Vec<Map<String, Value>>,
    unfit: &[Unfit],
    keyring: Option<&Keyring>,
) -> Result<StringArray, TaskError> {
    for (Unfit { column, values, rows }, keyring) in unfit.iter().zip(keyring.into_iter().cycle()) {
        let texts = filter(values, rows).map_err(|_| RunError::Stamp { rows: values.len() })?;
        let texts = seal_column(column, &texts, keyring)?;
        for (text, row) in texts.iter().zip(rows.values().set_indices()) {
            objects[row].insert(column.clone(), text.map_or(Value::Null, Value::from));
        }
    }
    let objects = objects.into_iter().map(|object| (!object.is_empty()).then(|| Value::Object(object).to_string()));
    Ok(objects.collect())
}
