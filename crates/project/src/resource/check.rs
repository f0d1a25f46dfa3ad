//! Anything about a table that can pass, warn or fail.

use ade_diagnostic::Location;
use serde_json::{Map, Value};

use super::CheckSeverity;
use crate::{NodeId, Relation};

/// A data test with its configuration merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// `test.<project>.<name>.<hash>`; a singular test has no hash.
    pub id: NodeId,
    /// dbt's name: `unique_orders_order_id`.
    pub name: String,
    /// What it asks.
    pub kind: CheckKind,
    /// Table that it is about; `None` for a singular test.
    pub target: Option<CheckTarget>,
    /// What failing means.
    pub severity: CheckSeverity,
    /// Number of failing rows that is worth a warning.
    pub warn_if: Threshold,
    /// Number of failing rows that fails the check.
    pub error_if: Threshold,
    /// dbt's `fail_calc`: the SQL expression over the failing rows that gives their number.
    pub fail_calc: String,
    /// Only rows for which this SQL condition holds are looked at.
    pub filter: Option<String>,
    /// At most this many failing rows are counted.
    pub limit: Option<u64>,
    /// Whether the failing rows are kept in `failures`; `None`: as the command line says.
    pub store_failures: Option<bool>,
    /// Where they are kept.
    pub failures: Relation,
    /// What it is for.
    pub description: String,
    /// Tags.
    pub tags: Vec<String>,
    /// The project's own facts.
    pub meta: Map<String, Value>,
    /// Project, folders and name.
    pub fqn: Vec<String>,
    /// The whole configuration after merging.
    pub config: Map<String, Value>,
    /// Where it is declared.
    pub origin: Location,
}

/// The table, and perhaps column, that a check is about.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckTarget {
    /// Source table, seed, model or snapshot.
    pub node: NodeId,
    /// Its relation.
    pub relation: Relation,
    /// The column when the check stands at one.
    pub column: Option<String>,
}

/// What a check asks. Everything but [`CheckKind::Generic`] and [`CheckKind::Singular`] is built in and needs no
/// template; columns and expressions in it are SQL text.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckKind {
    /// No value of the expression occurs twice; nulls do not count.
    Unique {
        /// Column or SQL expression.
        expression: String,
    },
    /// No row has the same values in all columns as another one.
    UniqueCombination {
        /// The columns.
        columns: Vec<String>,
    },
    /// No value is null.
    NotNull {
        /// Column or SQL expression.
        expression: String,
    },
    /// Every value that is not null is one of these.
    AcceptedValues {
        /// Column or SQL expression.
        expression: String,
        /// The values: text, numbers, booleans.
        values: Vec<Value>,
        /// Whether text values are SQL literals (`true`, dbt's default) or SQL expressions.
        quote: bool,
    },
    /// Every value that is not null occurs in another table.
    Relationships {
        /// Column or SQL expression.
        expression: String,
        /// The other table.
        to: NodeId,
        /// Its relation.
        to_relation: Relation,
        /// Its column.
        field: String,
    },
    /// The SQL condition holds in every row.
    ExpressionIsTrue {
        /// The condition; for a check at a column, what follows the column's name.
        expression: String,
        /// Column to put before the expression.
        column: Option<String>,
    },
    /// Every value that is not null lies between the bounds. At least one is given.
    AcceptedRange {
        /// Column or SQL expression.
        expression: String,
        /// Lower bound, an SQL expression.
        min: Option<String>,
        /// Upper bound, an SQL expression.
        max: Option<String>,
        /// Whether the bounds themselves are allowed.
        inclusive: bool,
    },
    /// The newest row is not older than this.
    Recency {
        /// Column or SQL expression with a time.
        field: String,
        /// Unit: `minute`, `hour`, `day`, `week`, `month`, `year` …
        datepart: String,
        /// How many of the unit.
        interval: u64,
        /// Whether the comparison ignores the time of day.
        ignore_time_component: bool,
        /// Each combination of these columns must be recent by itself.
        group_by: Vec<String>,
    },
    /// The table's number of rows lies between the bounds, both allowed. At least one is given.
    RowCount {
        /// Fewest rows.
        min: Option<u64>,
        /// Most rows.
        max: Option<u64>,
    },
    /// A `{% test %}` of the project: compile the check to get its SQL.
    Generic {
        /// Name of the test.
        name: String,
        /// Arguments as written, beside `model` and `column_name`.
        arguments: Map<String, Value>,
    },
    /// A file in `tests/`: compile the check to get its SQL.
    Singular {
        /// The file.
        path: String,
    },
}

/// A comparison with a number of failing rows, as dbt writes it: `"> 10"`, `"between 2 and 5"`. What stands before it is the
/// number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold(String);

impl std::fmt::Display for Threshold {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// dbt's default: any failing row.
impl Default for Threshold {
    fn default() -> Self {
        Self("!= 0".to_owned())
    }
}

impl Threshold {
    /// Takes the right side of a comparison in SQL; `None` when it is none, or one with something that is no number and no
    /// expression. Whether an expression is right, SQL says when the check runs.
    pub fn parse(text: &str) -> Option<Self> {
        const SIGNS: [&str; 8] = ["==", "!=", "<>", ">=", "<=", "=", ">", "<"];
        const WORDS: [&str; 4] = ["between", "in", "not", "is"];
        let text = text.trim();
        if let Some(sign) = SIGNS.into_iter().find(|sign| text.starts_with(sign)) {
            let rest = text[sign.len()..].trim();
            let is_value =
                rest.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '(' | '-' | '+' | '.'));
            // PostgreSQL has no `==`, other databases do.
            let sign = if sign == "==" { "=" } else { sign };
            return is_value.then(|| Self(format!("{sign} {rest}")));
        }
        let word = text.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
        let is_known = WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
        (is_known && text.len() > word.len()).then(|| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_dbts() {
        let cases = [
            ("!= 0", "!= 0"),
            (">10", "> 10"),
            (" >= 10 ", ">= 10"),
            ("==3", "= 3"),
            ("> 1.5", "> 1.5"),
            ("> -1", "> -1"),
            ("between 2 and 5", "between 2 and 5"),
            ("NOT IN (1, 2)", "NOT IN (1, 2)"),
            ("> 10 or 3 = 3", "> 10 or 3 = 3"),
        ];
        for (text, expected) in cases {
            assert_eq!(Threshold::parse(text).expect(text).to_string(), expected);
        }
        assert_eq!(Threshold::parse("!=0"), Some(Threshold::default()));
        for text in ["10", "> x", "", "=> 3", ">", "many", "between", "insert into t"] {
            assert_eq!(Threshold::parse(text), None, "{text}");
        }
    }
}
