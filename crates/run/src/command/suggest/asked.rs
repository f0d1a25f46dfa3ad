//! What is counted of a table to propose promises.
use ade_engine::RelationName;
use ade_lake::At;
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use crate::error::RunError;
use crate::workspace::Workspace;

/// A column with more values than this has no list of them.
const FEW_VALUES: usize = 12;

/// A table of the lake that is asked.
pub(super) struct Asked<'a> {
    workspace: &'a Workspace,
    relation: String,
}

/// The few values of a column.
pub(super) struct FewValues {
    pub(super) values: Vec<String>,
    /// Characters of the shortest and the longest.
    pub(super) lengths: (usize, usize),
}

/// Between which values those of a column lie.
pub(super) struct Range {
    pub(super) least: String,
    pub(super) most: String,
}

impl<'a> Asked<'a> {
    pub(super) fn new(workspace: &'a Workspace, schema: &str, table: &str) -> Self {
        Self { workspace, relation: RelationName::new(schema, table).to_sql() }
    }

    /// How many rows there are, and how many have a value in each column.
    pub(super) async fn counts(&self, columns: &[&str]) -> Result<Vec<u64>, RunError> {
        let counted = columns.iter().map(|column| format!(", cast(count({}) as varchar)", quoted(column)));
        let sql = format!("select cast(count(*) as varchar){} from {}", counted.collect::<String>(), self.relation);
        let answer = self.texts(&sql).await?;
        Ok(answer.first().into_iter().flatten().map(|text| text.parse().unwrap_or_default()).collect())
    }

    /// How many different values a column has.
    pub(super) async fn different(&self, column: &str) -> Result<u64, RunError> {
        let sql = format!("select cast(count(distinct {}) as varchar) from {}", quoted(column), self.relation);
        let answer = self.texts(&sql).await?;
        Ok(answer.first().and_then(|row| row.first()?.parse().ok()).unwrap_or_default())
    }

    /// The values of a column, where they are few.
    pub(super) async fn few_values(&self, column: &str) -> Result<Option<FewValues>, RunError> {
        let (column, from) = (quoted(column), &self.relation);
        let most = FEW_VALUES + 1;
        let sql = format!("select {column} from {from} where {column} is not null group by 1 order by 1 limit {most}");
        let values: Vec<String> = self.texts(&sql).await?.into_iter().flatten().collect();
        let lengths = || values.iter().map(|value| value.chars().count());
        let (Some(shortest), Some(longest)) = (lengths().min(), lengths().max()) else { return Ok(None) };
        Ok((values.len() <= FEW_VALUES).then_some(FewValues { values, lengths: (shortest, longest) }))
    }

    /// The least and the largest value of a column of numbers.
    pub(super) async fn range(&self, column: &str) -> Result<Option<Range>, RunError> {
        let column = quoted(column);
        let text = |what: &str| format!("cast({what}({column}) as varchar)");
        let sql = format!("select {}, {} from {}", text("min"), text("max"), self.relation);
        let row = self.texts(&sql).await?.into_iter().next();
        let values: Option<[String; 2]> = row.and_then(|row| row.try_into().ok());
        Ok(values.map(|[least, most]| Range { least, most }))
    }

    /// The rows of a small answer, without what is NULL.
    async fn texts(&self, sql: &str) -> Result<Vec<Vec<String>>, RunError> {
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let session = self.workspace.session(At::Latest);
        let answer = session.query(sql).await.map_err(failed)?.collect().await.map_err(failed)?;
        let mut rows = Vec::new();
        for batch in answer {
            let shape = |_| RunError::Stamp { rows: batch.num_rows() };
            let columns = batch.columns().iter().map(|column| cast(column, &DataType::Utf8));
            let columns = columns.collect::<Result<Vec<_>, _>>().map_err(shape)?;
            for row in 0..batch.num_rows() {
                let texts = columns.iter().map(AsArray::as_string::<i32>);
                rows.push(texts.filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row).to_owned()).collect());
            }
        }
        Ok(rows)
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
