//! Checks over tables: data tests, contracts, freshness, volume.
//!
//! A [`Check`] says what must hold of one relation, in dbt's words and with dbt's meaning: its [`Check::sql`] selects the rows
//! that fail. [`run_checks`] evaluates many of them in a session (over a staged table as well as over a committed one): what
//! can be answered by counting is answered for all checks of one table in a single scan, the rest runs side by side.
//! [`failing_rows`] streams the failing rows themselves, for tables of stored failures. A [`Contract`] compares what a table
//! is with what was promised and says what probably happened.
//!
//! ```text
//! Check ─ CheckKind, Subject, Condition          what is declared
//!   └─ failing: the SQL of the failing rows
//! run_checks ─ resolve names → plan → scan (many at once) | alone → verdict → CheckOutcome
//! Contract ─ compare → ContractViolation ─ resemblance (did you mean)
//! ```
//!
//! Messages count rows and name columns; they never hold values of rows.

mod alone;
mod check;
mod check_kind;
mod condition;
mod contract;
mod contract_violation;
mod error;
mod failing;
mod measure;
mod message;
mod outcome;
mod quote;
mod resemblance;
mod resolve;
mod run_checks;
mod scan;
mod stored;
mod subject;
mod threshold;

pub use check::{Check, Severity};
pub use check_kind::CheckKind;
pub use condition::Condition;
pub use contract::{Contract, ContractColumn, ExtraColumns};
pub use contract_violation::{ContractViolation, Deviation};
pub use error::QualityError;
pub use outcome::{CheckOutcome, CheckStatus};
pub use run_checks::run_checks;
pub use stored::failing_rows;
pub use subject::Subject;
pub use threshold::DatePart;
