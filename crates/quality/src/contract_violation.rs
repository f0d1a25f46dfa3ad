//! One deviation from a contract.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::message::{has, number};

/// What is not as promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "deviation")]
pub enum Deviation {
    /// A promised column is not there.
    Missing {
        /// Its promised type.
        promised: Option<String>,
        /// A column nobody promised that it probably is now.
        renamed_to: Option<String>,
    },
    /// A column that nobody promised.
    Unexpected {
        /// Its type.
        actual: String,
    },
    /// Another type.
    Type {
        /// The promised type.
        promised: String,
        /// The type there is.
        actual: String,
    },
    /// The promise names a type that does not exist.
    UnknownType {
        /// The promised type.
        promised: String,
    },
    /// Rows without a value in a column that has one in every row.
    Nulls {
        /// How many.
        rows: u64,
        /// Of how many.
        total: u64,
    },
}

/// One deviation from a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContractViolation {
    /// The column.
    pub column: String,
    /// What is not as promised.
    #[serde(flatten)]
    pub deviation: Deviation,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Display for ContractViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = &self.column;
        match &self.deviation {
            Deviation::Missing { renamed_to: Some(name), .. } => {
                write!(f, "`{column}` is missing (renamed to `{name}`?)")
            }
            Deviation::Missing { .. } => write!(f, "`{column}` is missing"),
            Deviation::Unexpected { actual } => write!(f, "`{column}` ({actual}) was not promised"),
            Deviation::Type { promised, actual } => write!(f, "`{column}` is {actual}, promised is {promised}"),
            Deviation::UnknownType { promised } => write!(f, "`{column}` is promised as {promised}, which is no type"),
            Deviation::Nulls { rows, total } => {
                write!(f, "{} of {} rows {} no `{column}`", number(*rows), number(*total), has(*rows))
            }
        }
    }
}
