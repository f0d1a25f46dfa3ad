//! `ade contract suggest`: what a sources file could promise, from what has arrived so far.
//!
//! What the lake has is counted, and what held for all of it is proposed: types as they landed, columns that never lacked a value,
//! the few values of a public column. A proposal is a difference of the sources file, for a person to read and keep in the
//! project's history. No value is told of a column that is not public.
mod edit;

use std::collections::BTreeMap;
use std::sync::Arc;

use ade_diagnostic::{SourceFile, count};
use ade_engine::{RelationName, sql_type, type_name};
use ade_lake::{At, LakeError};
use ade_privacy::Treatment;
use ade_project::resource::{Column, SourceTable};
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use serde::Serialize;

use self::edit::{Edit, edited, scalar};
use crate::error::RunError;
use crate::source::Landing;
use crate::workspace::Workspace;

/// With fewer rows nothing is said of what all of them have.
const ENOUGH_ROWS: u64 = 100;
/// A column with more values than this has no list of them.
const FEW_VALUES: usize = 12;

/// What is proposed for one file.
type InFile = (Arc<SourceFile>, Vec<SuggestedPromise>, Vec<Edit>);

/// One promise that could be made.
#[derive(Debug, Clone, Serialize)]
pub struct SuggestedPromise {
    /// `source.table`.
    pub table: String,
    /// The column.
    pub column: String,
    /// As it is written at the column: `nullable: false`.
    pub promise: String,
    /// What speaks for it.
    pub why: String,
    /// Where: file and line.
    pub place: String,
}

/// What a sources file could promise in addition.
#[derive(Debug, Clone, Serialize)]
pub struct SuggestedContract {
    /// The file, relative to the project.
    pub path: String,
    /// Each promise by itself.
    pub promises: Vec<SuggestedPromise>,
    /// All of them as a difference of the file.
    pub diff: String,
    /// The file with all of them.
    #[serde(skip)]
    text: String,
}

impl Workspace {
    /// Looks at what has landed of the tables that `name` means (`source`, `source.table`; all without it).
    pub async fn suggest_contract(&self, name: Option<&str>) -> Result<Vec<SuggestedContract>, RunError> {
        let is_meant = |source: &&SourceTable| {
            let whole = format!("{}.{}", source.source, source.name);
            source.connection.is_some() && name.is_none_or(|name| name == source.source || name == whole)
        };
        let tables: Vec<&SourceTable> = self.project.sources.values().filter(is_meant).collect();
        if let Some(name) = name.filter(|_| tables.is_empty()) {
            let hint = "`ade ls --resource-type source` lists them".to_owned();
            return Err(RunError::usage(format!("there is no source or table `{name}` with a connection"), hint));
        }
        let mut files: BTreeMap<String, InFile> = BTreeMap::new();
        for table in tables {
            for (promise, edit) in self.promises(table).await? {
                let file = table.origin.file();
                let entry =
                    files.entry(file.path().to_owned()).or_insert_with(|| (Arc::clone(file), Vec::new(), Vec::new()));
                entry.1.push(promise);
                entry.2.push(edit);
            }
        }
        let suggested = files.into_iter().map(|(path, (file, promises, edits))| {
            let (text, diff) = edited(&path, file.text(), &edits);
            SuggestedContract { path, promises, diff, text }
        });
        Ok(suggested.filter(|file| !file.diff.is_empty()).collect())
    }

    /// Writes what was suggested into its file.
    pub fn write_suggested(&self, file: &SuggestedContract) -> Result<(), RunError> {
        let path = self.root.join(&file.path);
        std::fs::write(&path, &file.text).map_err(|source| RunError::File { action: "write", path, source })
    }

    async fn promises(&self, table: &SourceTable) -> Result<Vec<(SuggestedPromise, Edit)>, RunError> {
        let name = Self::table_name(&table.relation)?;
        let there = match self.lake.snapshot(&name, At::Latest).await {
            Ok(there) => there,
            Err(LakeError::NoTable { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let Some(landing) = there.state().fingerprint.as_deref().and_then(Landing::parse) else {
            return Ok(Vec::new());
        };
        let landed: Vec<&Column> =
            table.columns.iter().filter(|column| there.schema().field_with_name(&column.name).is_ok()).collect();
        let relation = RelationName::new(name.schema(), name.table()).to_sql();
        let counts = self.counts(&relation, &landed).await?;
        let rows = counts.first().copied().unwrap_or_default();
        let mut found = Vec::new();
        for (column, with_value) in landed.iter().zip(counts.iter().skip(1)) {
            let Some(how) = landing.columns.get(&column.name) else { continue };
            if let Some(edit) = how.type_name().and_then(|landed| of_type(column, landed)) {
                let why = format!("it landed as {}", how.type_name().unwrap_or_default());
                found.push((promise(table, column, edit.words(), why), edit));
            }
            if column.nullable && rows >= ENOUGH_ROWS && *with_value == rows {
                let edit = Edit::add(column, "nullable: false");
                found.push((
                    promise(table, column, edit.words(), format!("each of {} has one", count(rows, "row"))),
                    edit,
                ));
            }
            let is_public = how.treatment() == Treatment::Keep.name()
                && column.privacy.as_ref().and_then(|privacy| privacy.class.as_deref()) == Some("public");
            let is_text = how.type_name() == Some(type_name(&DataType::Utf8).as_str());
            if is_public && is_text && rows >= ENOUGH_ROWS && !self.has_checks(table, column) {
                let Some((values, shortest, longest)) = self.values(&relation, &column.name).await? else { continue };
                let listed: Vec<String> =
                    values.iter().map(|value| serde_json::Value::from(value.as_str()).to_string()).collect();
                let edit = Edit::add(
                    column,
                    &format!("data_tests: [{{accepted_values: {{values: [{}]}}}}]", listed.join(", ")),
                );
                let why = format!("no other of {to} to {longest} characters in {}", count(rows, "row"), to = shortest);
                found.push((promise(table, column, edit.words(), why), edit));
            }
        }
        Ok(found)
    }

    fn has_checks(&self, table: &SourceTable, column: &Column) -> bool {
        let mut targets = self.project.checks.values().filter_map(|check| check.target.as_ref());
        targets.any(|target| target.node == table.id && target.column.as_deref() == Some(column.name.as_str()))
    }

    /// How many rows there are, and how many have a value in each column.
    async fn counts(&self, relation: &str, columns: &[&Column]) -> Result<Vec<u64>, RunError> {
        let counted = columns.iter().map(|column| format!(", cast(count({}) as varchar)", quoted(&column.name)));
        let sql = format!("select cast(count(*) as varchar){} from {relation}", counted.collect::<String>());
        let answer = self.texts_of(&sql).await?;
        Ok(answer.first().into_iter().flatten().map(|text| text.parse().unwrap_or_default()).collect())
    }

    /// The values of a column where they are few, with the lengths of the shortest and the longest.
    async fn values(&self, relation: &str, column: &str) -> Result<Option<(Vec<String>, usize, usize)>, RunError> {
        let column = quoted(column);
        let sql = format!(
            "select {column} from {relation} where {column} is not null group by 1 order by 1 limit {}",
            FEW_VALUES + 1
        );
        let values: Vec<String> = self.texts_of(&sql).await?.into_iter().flatten().collect();
        let lengths = || values.iter().map(|value| value.chars().count());
        let (Some(shortest), Some(longest)) = (lengths().min(), lengths().max()) else { return Ok(None) };
        Ok((values.len() <= FEW_VALUES).then_some((values, shortest, longest)))
    }

    /// The rows of a small answer.
    async fn texts_of(&self, sql: &str) -> Result<Vec<Vec<String>>, RunError> {
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let answer = self.session(At::Latest).query(sql).await.map_err(failed)?.collect().await.map_err(failed)?;
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

/// The type that a column landed as, where another one is promised, or none.
fn of_type(column: &Column, landed: &str) -> Option<Edit> {
    match (&column.data_type, &column.data_type_origin) {
        (Some(promised), Some(place)) => {
            let same = sql_type(promised).is_ok_and(|promised| type_name(&promised) == landed);
            (!same).then(|| Edit::replace(place, landed))
        }
        _ => Some(Edit::add(column, &format!("data_type: {}", scalar(landed)))),
    }
}

fn promise(table: &SourceTable, column: &Column, promise: String, why: String) -> SuggestedPromise {
    SuggestedPromise {
        table: format!("{}.{}", table.source, table.name),
        column: column.name.clone(),
        promise,
        why,
        place: format!("{}:{}", column.origin.path(), column.origin.line()),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
