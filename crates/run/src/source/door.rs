//! Names at the door: columns are read by the names that the source gives them, and everything behind the door (privacy,
//! promises, rows that land) knows them by the names that the project gives them, with `from:`.
use std::collections::HashMap;

use ade_connect::ReadPlan;
use ade_diagnostic::{Diagnostic, rule};
use ade_project::resource::SourceTable;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};

use crate::error::RunError;

/// What a table of Delta lets into no name of a column.
const REFUSED: &str = " ,;{}()\n\t=";

/// The columns of one table that have another name in the lake than in the source.
#[derive(Debug, Default)]
pub(super) struct Door {
    /// From the source's name to the lake's.
    renamed: HashMap<String, String>,
}

impl Door {
    pub(super) fn new(source: &SourceTable) -> Self {
        let renamed = source.columns.iter().filter_map(|column| Some((column.from.clone()?, column.name.clone())));
        Self { renamed: renamed.filter(|(from, name)| from != name).collect() }
    }

    /// The name in the lake of a column of the source.
    pub(super) fn inside<'a>(&'a self, name: &'a str) -> &'a str {
        self.renamed.get(name).map_or(name, String::as_str)
    }

    /// The name in the source of a column of the lake.
    pub(super) fn outside<'a>(&'a self, name: &'a str) -> &'a str {
        let found = self.renamed.iter().find(|(_, inside)| inside.eq_ignore_ascii_case(name));
        found.map_or(name, |(outside, _)| outside.as_str())
    }

    /// The names in the source of several columns of the lake.
    pub(super) fn outside_all(&self, names: &[String]) -> Vec<String> {
        names.iter().map(|name| self.outside(name).to_owned()).collect()
    }

    /// Columns with the names that they have in the lake.
    pub(super) fn schema_inside(&self, schema: &Schema) -> SchemaRef {
        renamed(schema, |name| self.inside(name))
    }

    /// Columns with the names that they have in the source.
    pub(super) fn schema_outside(&self, schema: &Schema) -> SchemaRef {
        renamed(schema, |name| self.outside(name))
    }

    /// Columns of a plan that cannot land by their name: it is one that a table cannot have, or that another column has.
    pub(super) fn problems(&self, source: &SourceTable, plan: &ReadPlan) -> Vec<Diagnostic> {
        let table = format!("{}.{}", source.source, source.name);
        let mut problems = Vec::new();
        let mut seen: HashMap<String, &str> = HashMap::new();
        for field in plan.schema.fields() {
            let (outside, name) = (field.name(), self.inside(field.name()));
            let message = if let Some(first) = seen.insert(name.to_lowercase(), outside) {
                format!("columns `{first}` and `{outside}` of `{table}` would both land as `{name}`")
            } else if let Some(bad) = name.chars().find(|character| REFUSED.contains(*character)) {
                format!("column `{outside}` of `{table}` cannot land under this name: it holds {bad:?}")
            } else {
                continue;
            };
            let (place, hint) = match source.column_from(outside) {
                Some(listed) => (&listed.origin, "give the column another `name:`, and write"),
                None => (&source.origin, "list the column under another `name:`, with"),
            };
            let line = format!("{hint} `from: {}`", serde_json::Value::from(outside.as_str()));
            problems.push(Diagnostic::error(&rule::UNKNOWN_COLUMN, message).at(place.clone()).hint(line));
        }
        problems
    }
}

fn renamed<'a>(schema: &'a Schema, name: impl Fn(&'a str) -> &'a str) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_name(name(field.name())));
    SchemaRef::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The same rows under the names of `schema`.
pub(super) fn named(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, RunError> {
    let rows = batch.num_rows();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    // Arrow's own words may hold values: they stay here.
    RecordBatch::try_new_with_options(SchemaRef::clone(schema), batch.columns().to_vec(), &options)
        .map_err(|_| RunError::Stamp { rows })
}
