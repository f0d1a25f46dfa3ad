//! What held for all that has landed of a table.
use ade_diagnostic::count;
use ade_engine::{sql_type, type_name};
use ade_lake::{At, LakeError};
use ade_privacy::Treatment;
use ade_project::resource::{Column, SourceTable};
use arrow::datatypes::DataType;

use super::asked::{Asked, Range};
use super::edit::{Edit, scalar};
use super::{LandedDocuments, SuggestedPromise};
use crate::error::RunError;
use crate::source::{LandedColumn, Landing};
use crate::workspace::Workspace;

/// With fewer rows nothing is said of what all of them have.
const ENOUGH_ROWS: u64 = 100;

/// What could be promised of a table, and what its documents hold.
pub(super) struct LandedPromises {
    pub(super) promises: Vec<(SuggestedPromise, Edit)>,
    pub(super) documents: Vec<LandedDocuments>,
}

/// A table that has landed.
struct Looked<'a> {
    workspace: &'a Workspace,
    table: &'a SourceTable,
    asked: Asked<'a>,
    rows: u64,
    found: Vec<(SuggestedPromise, Edit)>,
}

impl Workspace {
    /// `None` where nothing has landed.
    pub(super) async fn landed_promises(&self, table: &SourceTable) -> Result<Option<LandedPromises>, RunError> {
        let name = Self::table_name(&table.relation)?;
        let there = match self.lake.snapshot(&name, At::Latest).await {
            Ok(there) => there,
            Err(LakeError::NoTable { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(landing) = there.state().fingerprint.as_deref().and_then(Landing::parse) else { return Ok(None) };
        let asked = Asked::new(self, name.schema(), name.table());
        let landed: Vec<(&Column, &LandedColumn)> = table
            .columns
            .iter()
            .filter(|column| there.schema().field_with_name(&column.name).is_ok())
            .filter_map(|column| Some((column, landing.columns.get(&column.name)?)))
            .collect();
        let names: Vec<&str> = landed.iter().map(|(column, _)| column.name.as_str()).collect();
        let counts = asked.counts(&names).await?;
        let rows = counts.first().copied().unwrap_or_default();
        let has_all: Vec<bool> = counts.iter().skip(1).map(|values| rows >= ENOUGH_ROWS && *values == rows).collect();
        let mut looked = Looked { workspace: self, table, asked, rows, found: Vec::new() };
        let key = looked.key(&landed, &has_all).await?;
        for ((column, how), has_all) in landed.iter().zip(has_all) {
            looked.column(column, how, has_all, key == Some(column.name.as_str())).await?;
        }
        let documents = landing.shapes.iter().map(|(column, shape)| LandedDocuments {
            table: format!("{}.{}", table.source, table.name),
            column: column.clone(),
            documents: shape.documents(),
            paths: shape.paths(),
        });
        Ok(Some(LandedPromises { promises: looked.found, documents: documents.collect() }))
    }
}

impl Looked<'_> {
    fn propose(&mut self, column: &Column, edit: Edit, why: String) {
        let promise = SuggestedPromise {
            table: format!("{}.{}", self.table.source, self.table.name),
            column: column.name.clone(),
            promise: edit.words(),
            why,
            place: format!("{}:{}", column.origin.path(), column.origin.line()),
        };
        self.found.push((promise, edit));
    }

    async fn column(
        &mut self,
        column: &Column,
        how: &LandedColumn,
        has_all: bool,
        is_key: bool,
    ) -> Result<(), RunError> {
        let rows = count(self.rows, "row");
        if let Some((edit, landed)) = how.type_name().and_then(|landed| Some((of_type(column, landed)?, landed))) {
            self.propose(column, edit, format!("it landed as {landed}"));
        }
        if column.nullable && has_all {
            self.propose(column, Edit::add(column, "nullable: false"), format!("each of {rows} has one"));
        }
        if is_key {
            let edit = Edit::add(column, "data_tests: [unique]");
            self.propose(column, edit, format!("no two of {rows} have the same"));
            return Ok(());
        }
        let is_public = how.treatment() == Treatment::Keep.name()
            && column.privacy.as_ref().and_then(|privacy| privacy.class.as_deref()) == Some("public");
        let Some(data_type) = how.type_name().and_then(|name| sql_type(name).ok()) else { return Ok(()) };
        if !is_public || self.rows < ENOUGH_ROWS || self.has_checks(column) {
            return Ok(());
        }
        if data_type == DataType::Utf8 {
            let Some(few) = self.asked.few_values(&column.name).await? else { return Ok(()) };
            let listed = few.values.iter().map(|value| serde_json::Value::from(value.as_str()).to_string());
            let listed = listed.collect::<Vec<_>>().join(", ");
            let edit = Edit::add(column, &format!("data_tests: [{{accepted_values: {{values: [{listed}]}}}}]"));
            let (shortest, longest) = few.lengths;
            self.propose(column, edit, format!("no other of {shortest} to {longest} characters in {rows}"));
        } else if data_type.is_numeric() && !is_key_like(column) {
            let Some(range) = self.asked.range(&column.name).await? else { return Ok(()) };
            let Some(bounds) = bounds(&range) else { return Ok(()) };
            let edit = Edit::add(column, &format!("data_tests: [{{accepted_range: {{{bounds}}}}}]"));
            self.propose(column, edit, format!("from {} to {} in {rows}", range.least, range.most));
        }
        Ok(())
    }

    /// The first column that tells all rows apart, and looks as if it were meant to; none where a key is declared.
    async fn key<'c>(
        &self,
        landed: &[(&'c Column, &LandedColumn)],
        has_all: &[bool],
    ) -> Result<Option<&'c str>, RunError> {
        let is_declared = self.table.ingest.as_ref().is_some_and(|declared| !declared.key.is_empty());
        let candidates = landed.iter().zip(has_all).filter(|((column, _), has_all)| **has_all && is_key_like(column));
        let candidates: Vec<&Column> = candidates.map(|((column, _), _)| *column).collect();
        if is_declared || candidates.iter().any(|column| self.is_unique(column)) {
            return Ok(None);
        }
        // `id` is meant before others.
        let (first, others): (Vec<&Column>, Vec<&Column>) =
            candidates.into_iter().partition(|column| column.name.eq_ignore_ascii_case("id"));
        for column in first.into_iter().chain(others) {
            if !self.has_checks(column) && self.asked.different(&column.name).await? == self.rows {
                return Ok(Some(&column.name));
            }
        }
        Ok(None)
    }

    fn checks(&self, column: &Column) -> impl Iterator<Item = &ade_project::resource::Check> {
        let (table, column) = (&self.table.id, column.name.clone());
        self.workspace.project.checks.values().filter(move |check| {
            let target = check.target.as_ref();
            target.is_some_and(|target| target.node == *table && target.column.as_deref() == Some(column.as_str()))
        })
    }

    fn has_checks(&self, column: &Column) -> bool {
        self.checks(column).next().is_some()
    }

    fn is_unique(&self, column: &Column) -> bool {
        self.checks(column).any(|check| matches!(check.kind, ade_project::resource::CheckKind::Unique { .. }))
    }
}

/// Whether a column could be meant to tell rows apart.
fn is_key_like(column: &Column) -> bool {
    let class = column.privacy.as_ref().and_then(|privacy| privacy.class.as_deref());
    let name = column.name.to_ascii_lowercase();
    let words = ["id", "uuid", "guid", "key", "number", "code"];
    let is_named_so = words.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")));
    class == Some("identifier") || (is_named_so && matches!(class, None | Some("public")))
}

/// The bounds that numbers of such a range could be meant to have. What was largest so far is no bound by itself.
fn bounds(range: &Range) -> Option<String> {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let (least, most) = (number(&range.least)?, number(&range.most)?);
    if least < 0.0 {
        return None;
    }
    let is_share = most <= 1.0 && (least > 0.0 || most > 0.0) && range.most.contains('.');
    // A hundred is where hundredths end, and one where shares do.
    match most {
        _ if is_share => Some("min_value: 0, max_value: 1".to_owned()),
        most if (most - 100.0).abs() < f64::EPSILON => Some("min_value: 0, max_value: 100".to_owned()),
        _ => Some("min_value: 0".to_owned()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_that_numbers_could_be_meant_to_have() {
        let of = |least: &str, most: &str| bounds(&Range { least: least.to_owned(), most: most.to_owned() });
        assert_eq!(of("-1", "7"), None);
        assert_eq!(of("3", "912.25").unwrap(), "min_value: 0");
        assert_eq!(of("0", "0.75").unwrap(), "min_value: 0, max_value: 1");
        assert_eq!(of("12", "100").unwrap(), "min_value: 0, max_value: 100");
        assert_eq!(of("0", "1").unwrap(), "min_value: 0", "a count that was small so far");
        assert_eq!(of("NaN", "1"), None);
    }
}
