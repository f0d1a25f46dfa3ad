//! `ade privacy report`: how few people a combination of columns points at (k-anonymity), and how little those who share one differ
//! in what is sensitive (l-diversity).
use ade_engine::RelationName;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use serde::Serialize;

use crate::command::{ReadAt, Statement};
use crate::error::RunError;
use crate::workspace::Workspace;

/// What a table gives away.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnonymityReport {
    /// `schema.table`.
    pub table: String,
    /// The columns that together may point at somebody.
    pub quasi_identifiers: Vec<String>,
    /// Rows.
    pub rows: u64,
    /// Different combinations of their values; NULL is a value, too.
    pub combinations: u64,
    /// Rows that share the rarest combination: the table is k-anonymous. `None` for a table without rows.
    pub k: Option<u64>,
    /// For each bound: how many rows share their combination with fewer rows than that.
    pub rows_below: Vec<(u64, u64)>,
    /// For each of the columns: what `k` were without it.
    pub k_without: Vec<(String, Option<u64>)>,
    /// The sensitive columns.
    pub sensitive: Vec<SensitiveColumn>,
}

/// How much the rows of a combination differ in a sensitive column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SensitiveColumn {
    /// Its name.
    pub column: String,
    /// The fewest different values within a combination: the table is l-diverse.
    pub l: Option<u64>,
    /// Combinations whose rows all have the same value: who knows that somebody is among them knows the value.
    pub combinations_of_one_value: u64,
    /// Rows in such combinations.
    pub rows_of_one_value: u64,
    /// The least entropy of its values within a combination, as a number of equally frequent values.
    pub entropy_l: Option<f64>,
}

const BOUNDS: [u64; 4] = [2, 5, 10, 20];

impl Workspace {
    /// Counts the combinations of `quasi` columns of a table, and the values of `sensitive` ones within each.
    pub async fn anonymity(
        &self,
        name: &str,
        quasi: &[String],
        sensitive: &[String],
    ) -> Result<AnonymityReport, RunError> {
        if quasi.is_empty() {
            let hint = "--quasi postcode,born_on,gender".to_owned();
            return Err(RunError::usage("the columns that together may point at somebody must be named", hint));
        }
        // Views give away what they show.
        let node = self.find_node(name).ok().and_then(|node| self.project.relation(&node).cloned());
        let table = if let Some(relation) = node {
            RelationName::new(&relation.schema, &relation.table)
        } else {
            let table = self.find_table(name).await?;
            RelationName::new(table.schema(), table.table())
        };
        let from = table.to_sql();
        let grouped = |columns: &[&String]| -> String {
            if columns.is_empty() {
                return format!("(select count(*) as n from {from} having count(*) > 0)");
            }
            let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
            format!("(select count(*) as n from {from} group by {})", columns.join(", "))
        };
        let all: Vec<&String> = quasi.iter().collect();
        let below: Vec<String> = BOUNDS
            .iter()
            .map(|bound| format!("cast(coalesce(sum(case when n < {bound} then n end), 0) as bigint)"))
            .collect();
        let sql = format!(
            "select count(*), cast(coalesce(sum(n), 0) as bigint), min(n), {} from {} g",
            below.join(", "),
            grouped(&all)
        );
        let counted = self.numbers(&sql).await?;
        let rows_below = BOUNDS.iter().zip(&counted[3..]).map(|(bound, rows)| (*bound, rows.unwrap_or(0))).collect();
        let mut k_without = Vec::new();
        for left_out in quasi.iter().filter(|_| quasi.len() > 1) {
            let others: Vec<&String> = quasi.iter().filter(|column| *column != left_out).collect();
            let k = self.numbers(&format!("select min(n) from {} g", grouped(&others))).await?;
            k_without.push((left_out.clone(), k[0]));
        }
        let mut found = Vec::new();
        for column in sensitive {
            found.push(self.diversity(&from, quasi, column).await?);
        }
        Ok(AnonymityReport {
            table: table.to_string(),
            quasi_identifiers: quasi.to_vec(),
            rows: counted[1].unwrap_or(0),
            combinations: counted[0].unwrap_or(0),
            k: counted[2],
            rows_below,
            k_without,
            sensitive: found,
        })
    }

    async fn diversity(&self, from: &str, quasi: &[String], column: &str) -> Result<SensitiveColumn, RunError> {
        let columns: Vec<String> = quasi.iter().map(|column| quoted(column)).collect();
        let (columns, sensitive) = (columns.join(", "), quoted(column));
        // One row for each value within each combination, then one for each combination.
        let values = format!("select {columns}, count(*) as n from {from} group by {columns}, {sensitive}");
        let entropy = "ln(sum(n)) - sum(n * ln(n)) / sum(n)";
        let classes = format!(
            "select count(*) as l, cast(sum(n) as bigint) as n, {entropy} as h from ({values}) v group by {columns}"
        );
        let sql = format!(
            "select min(l), cast(coalesce(sum(case when l = 1 then 1 end), 0) as bigint), \
             cast(coalesce(sum(case when l = 1 then n end), 0) as bigint), cast(exp(min(h)) as double) from ({classes}) c"
        );
        let batch = self.row(&sql).await?;
        let number = |place: usize| -> Option<u64> {
            let column = batch.column(place).as_primitive_opt::<Int64Type>()?;
            if column.is_empty() || column.is_null(0) { None } else { u64::try_from(column.value(0)).ok() }
        };
        let entropy = batch.column(3).as_primitive_opt::<Float64Type>();
        let entropy = entropy.filter(|column| !column.is_empty() && column.is_valid(0)).map(|column| column.value(0));
        Ok(SensitiveColumn {
            column: column.to_owned(),
            l: number(0),
            combinations_of_one_value: number(1).unwrap_or(0),
            rows_of_one_value: number(2).unwrap_or(0),
            entropy_l: entropy.map(|l| (l * 100.0).round() / 100.0),
        })
    }

    async fn row(&self, sql: &str) -> Result<RecordBatch, RunError> {
        self.query(&Statement::only("<report>", sql)?, ReadAt::default(), None).await?.collect().await
    }

    async fn numbers(&self, sql: &str) -> Result<Vec<Option<u64>>, RunError> {
        let batch = self.row(sql).await?;
        let number = |column: &arrow::array::ArrayRef| {
            let column = column.as_primitive_opt::<Int64Type>()?;
            if column.is_empty() || column.is_null(0) { None } else { u64::try_from(column.value(0)).ok() }
        };
        Ok(batch.columns().iter().map(number).collect())
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
