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
    /// The values that do not fit, sealed, as a JSON object by column.
    pub(super) sealed: StringArray,
}

impl Rejection {
    /// Of rows, `apart` says why they are kept apart, and `aside` why values of theirs are. What is `unfit` is sealed.
    pub(super) fn new(
        rows: usize,
        apart: Option<&StringArray>,
        aside: Option<&StringArray>,
        unfit: &[Unfit],
        keyring: Option<&Keyring>,
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
        let sealed = match keyring {
            Some(keyring) => sealed(rows, unfit, keyring)?,
            None => StringArray::new_null(rows),
        };
        Ok(Some(Self { reasons: reasons.into(), kinds: kinds.into(), sealed }))
    }

    /// Which rows there are rejects of.
    pub(super) fn any(&self) -> Result<BooleanArray, RunError> {
        is_not_null(&self.reasons).map_err(|_| RunError::Stamp { rows: self.reasons.len() })
    }
}

fn sealed(rows: usize, unfit: &[Unfit], keyring: &Keyring) -> Result<StringArray, TaskError> {
    let mut objects: Vec<Map<String, Value>> = vec![Map::new(); rows];
    for Unfit { column, values, rows } in unfit {
        let texts = filter(values, rows).map_err(|_| RunError::Stamp { rows: values.len() })?;
        let texts = seal_column(column, &texts, keyring)?;
        for (text, row) in texts.iter().zip(rows.values().set_indices()) {
            objects[row].insert(column.clone(), text.map_or(Value::Null, Value::from));
        }
    }
    let objects = objects.into_iter().map(|object| (!object.is_empty()).then(|| Value::Object(object).to_string()));
    Ok(objects.collect())
}
