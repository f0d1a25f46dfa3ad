//! What is checked.

use ade_engine::RelationName;
use serde::{Deserialize, Serialize};

use crate::{CheckKind, Condition};

/// What a check that does not hold does to its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Whatever `error_if` says fails; whatever else `warn_if` says warns.
    #[default]
    Error,
    /// It only ever warns, by `warn_if`.
    Warn,
}

/// Something that must hold of one relation. The fields mean what dbt's configuration of the same name means.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Its name, unique within a node.
    pub name: String,
    /// What is checked.
    pub relation: RelationName,
    /// What must hold.
    pub kind: CheckKind,
    /// `severity`.
    pub severity: Severity,
    /// `warn_if`.
    pub warn_if: Condition,
    /// `error_if`.
    pub error_if: Condition,
    /// `where`: only these rows of the relation are looked at. Not used by [`CheckKind::Sql`], whose text has it inside.
    pub filter: Option<String>,
    /// `limit`: no more failures than this are counted.
    pub limit: Option<u64>,
    /// `fail_calc`: an aggregate over the failing rows; none is `count(*)`. One that is null counts as 0.
    pub fail_calc: Option<String>,
    /// `store_failures`: whether the caller keeps the failing rows, see [`crate::failing_rows`].
    pub store_failures: bool,
}

impl Check {
    /// A check with dbt's defaults: an error if there is any failing row.
    pub fn new(name: impl Into<String>, relation: RelationName, kind: CheckKind) -> Self {
        Self {
            name: name.into(),
            relation,
            kind,
            severity: Severity::default(),
            warn_if: Condition::default(),
            error_if: Condition::default(),
            filter: None,
            limit: None,
            fail_calc: None,
            store_failures: false,
        }
    }

    /// The aggregate that counts failures, if it is not `count(*)`.
    pub(crate) fn own_fail_calc(&self) -> Option<&str> {
        let calc = self.fail_calc.as_deref()?.trim();
        let plain: String = calc.chars().filter(|c| !c.is_whitespace()).collect();
        (!plain.is_empty() && !plain.eq_ignore_ascii_case("count(*)")).then_some(calc)
    }
}
