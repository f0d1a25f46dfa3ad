//! Runs, tasks and check results for those who ask with SQL: page by page, and of each row no more than was asked for.
//!
//! Pages follow the primary key downwards, so that the latest run comes first, each row comes once whatever is written in
//! between, and nothing is held open from one page to the next.

use sqlx::{AssertSqlSafe, Row, sqlite::SqliteRow};

use crate::{Meta, MetaError, record::limit};

/// What the statement does, to follow "cannot" in a message.
const ACTION: &str = "read observations";
/// Rows of one page.
const PAGE: usize = 8192;

/// What is observed, each a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observation {
    /// One execution of a selection of the graph each.
    Runs,
    /// One node within one run each.
    Tasks,
    /// What one check found in one run.
    Checks,
    /// Who was shown plain values of an encrypted column.
    Reveals,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObservedKind {
    /// Text.
    Text,
    /// A number that is not negative.
    Count,
    /// Microseconds since 1970-01-01 UTC.
    Instant,
}

/// A column as people know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObservedColumn {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ObservedKind,
    /// What it is in the database.
    sql: &'static str,
}

/// How a column is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObservedValue {
    /// Of a column that holds text.
    Text(String),
    /// Of any other.
    Number(i64),
}

/// Rows are given only when this is so of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedCondition {
    /// Place of the column among those of the table.
    pub column: usize,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub value: ObservedValue,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservationQuery {
    /// The table.
    pub table: Observation,
    /// Places of the columns among those of the table; may be empty, for who only counts.
    pub columns: Vec<usize>,
    /// All must be so.
    pub conditions: Vec<ObservedCondition>,
    /// The rows that are wanted at most.
    pub limit: Option<usize>,
}

/// The values of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObservedValues {
    /// Of a column that holds text.
    Texts(Vec<Option<String>>),
    /// Of any other.
    Numbers(Vec<Option<i64>>),
}

/// Some rows, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedPage {
    /// How many rows.
    pub rows: usize,
    /// The columns that were asked for, in that order.
    pub columns: Vec<ObservedValues>,
    /// What to ask the next page with; `None` after the last one.
    pub next: Option<PageKey>,
}

/// The key of the last row of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageKey(Vec<String>);

const fn column(name: &'static str, kind: ObservedKind, sql: &'static str) -> ObservedColumn {
    ObservedColumn { name, kind, sql }
}

// What one looks at first comes first: ids are as wide as half a window.
const RUNS: &[ObservedColumn] = &[
    column("command", ObservedKind::Text, "command"),
    column("status", ObservedKind::Text, "status"),
    column("started_at", ObservedKind::Instant, "started_at"),
    column("ended_at", ObservedKind::Instant, "ended_at"),
    column("environment", ObservedKind::Text, "environment"),
    column("selection", ObservedKind::Text, "selection"),
    column("run_id", ObservedKind::Text, "run_id"),
    column("program_version", ObservedKind::Text, "program_version"),
    // As `Process` says it.
    column("process", ObservedKind::Text, "'process ' || pid || ' on ' || host"),
];

const TASKS: &[ObservedColumn] = &[
    column("node", ObservedKind::Text, "node"),
    column("status", ObservedKind::Text, "status"),
    column("rows", ObservedKind::Count, "row_count"),
    column("started_at", ObservedKind::Instant, "started_at"),
    column("ended_at", ObservedKind::Instant, "ended_at"),
    column("table_version", ObservedKind::Count, "table_version"),
    column("run_id", ObservedKind::Text, "run_id"),
    column("batch_id", ObservedKind::Text, "batch_id"),
    column("message", ObservedKind::Text, "message"),
];

const CHECKS: &[ObservedColumn] = &[
    column("check", ObservedKind::Text, "check_name"),
    column("status", ObservedKind::Text, "status"),
    column("failures", ObservedKind::Count, "failures"),
    column("node", ObservedKind::Text, "node"),
    column("checked_at", ObservedKind::Instant, "checked_at"),
    column("duration_ms", ObservedKind::Count, "duration_ms"),
    column("run_id", ObservedKind::Text, "run_id"),
    column("stored_in", ObservedKind::Text, "stored_in"),
    column("message", ObservedKind::Text, "message"),
];

const REVEALS: &[ObservedColumn] = &[
    column("revealed_at", ObservedKind::Instant, "revealed_at"),
    column("person", ObservedKind::Text, "person"),
    column("reason", ObservedKind::Text, "reason"),
    column("table", ObservedKind::Text, "table_name"),
    column("column", ObservedKind::Text, "column_name"),
    column("rows", ObservedKind::Count, "row_count"),
    column("table_version", ObservedKind::Count, "version"),
    column("condition", ObservedKind::Text, "condition"),
    column("environment", ObservedKind::Text, "environment"),
    column("reveal_id", ObservedKind::Text, "reveal_id"),
];

impl Observation {
    /// Its columns.
    pub fn columns(self) -> &'static [ObservedColumn] {
        match self {
            Self::Runs => RUNS,
            Self::Tasks => TASKS,
            Self::Checks => CHECKS,
            Self::Reveals => REVEALS,
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Tasks => "tasks",
            Self::Checks => "check_results",
            Self::Reveals => "reveals",
        }
    }

    /// Columns of the primary key, all of them text.
    fn key(self) -> &'static [&'static str] {
        match self {
            Self::Runs => &["run_id"],
            Self::Tasks => &["run_id", "node"],
            Self::Checks => &["run_id", "node", "check_name"],
            Self::Reveals => &["reveal_id"],
        }
    }
}

impl Comparison {
    fn sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

impl Meta {
    /// The first page of what is asked for, or the one after another. The limit is for both to keep: it is that of one page.
    ///
    /// # Errors
    /// What the database says.
    pub async fn observe(&self, query: &ObservationQuery, after: Option<&PageKey>) -> Result<ObservedPage, MetaError> {
        let (all, key) = (query.table.columns(), query.table.key());
        let wanted: Vec<&ObservedColumn> = query.columns.iter().map(|place| &all[*place]).collect();
        let names: Vec<&str> = key.iter().copied().chain(wanted.iter().map(|column| column.sql)).collect();
        let mut number = 0;
        let mut parameter = || {
            number += 1;
            format!("${number}")
        };
        let mut so = Vec::new();
        for condition in &query.conditions {
            so.push(format!("{} {} {}", all[condition.column].sql, condition.comparison.sql(), parameter()));
        }
        if after.is_some() {
            let values: Vec<String> = key.iter().map(|_| parameter()).collect();
            so.push(format!("({}) < ({})", key.join(", "), values.join(", ")));
        }
        let filter = if so.is_empty() { String::new() } else { format!(" where {}", so.join(" and ")) };
        let order: Vec<String> = key.iter().map(|column| format!("{column} desc")).collect();
        let sql = format!(
            "select {} from {}{filter} order by {} limit {}",
            names.join(", "),
            query.table.table(),
            order.join(", "),
            parameter(),
        );
        // Made of the names above and of numbers of parameters; values are bound.
        let mut select = sqlx::query(AssertSqlSafe(sql));
        for condition in &query.conditions {
            select = match &condition.value {
                ObservedValue::Text(text) => select.bind(text),
                ObservedValue::Number(number) => select.bind(number),
            };
        }
        for value in after.iter().flat_map(|after| &after.0) {
            select = select.bind(value);
        }
        let most = query.limit.unwrap_or(PAGE).min(PAGE);
        let rows = self.database.rows(ACTION, select.bind(limit(most))).await?;
        let failed = |source| self.database.error(ACTION, source);
        let columns = wanted.iter().enumerate().map(|(place, column)| values(&rows, key.len() + place, column.kind));
        let columns = columns.collect::<sqlx::Result<Vec<_>>>().map_err(failed)?;
        let next = match rows.last().filter(|_| rows.len() == PAGE) {
            Some(last) => {
                let key = (0..key.len()).map(|place| last.try_get(place)).collect::<sqlx::Result<Vec<String>>>();
                Some(PageKey(key.map_err(failed)?))
            }
            None => None,
        };
        Ok(ObservedPage { rows: rows.len(), columns, next })
    }
}

fn values(rows: &[SqliteRow], place: usize, kind: ObservedKind) -> sqlx::Result<ObservedValues> {
    Ok(match kind {
        ObservedKind::Text => {
            ObservedValues::Texts(rows.iter().map(|row| row.try_get(place)).collect::<sqlx::Result<_>>()?)
        }
        ObservedKind::Count | ObservedKind::Instant => {
            ObservedValues::Numbers(rows.iter().map(|row| row.try_get(place)).collect::<sqlx::Result<_>>()?)
        }
    })
}
