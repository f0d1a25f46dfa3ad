//! Who uses a column: whoever decides about a difference should know whom it meets. Asked of the plans of what reads the table,
//! not of their words; what cannot be planned now may use it.
use std::collections::BTreeSet;
use std::sync::Arc;

use ade_engine::datafusion::datasource::empty::EmptyTable;
use ade_engine::{MemoryCatalog, Overlay, Session, SessionOptions, SqlError};
use ade_lake::{At, Snapshot};
use ade_project::{NodeId, NodeKind};
use arrow::datatypes::{DataType, Field, Schema};
use chrono::DateTime;

use super::super::contract::promised;
use super::super::ingest::TableLanding;
use crate::build::{TaskError, check_spec, relation_name};

/// Names of one kind in one line.
const SHOWN: usize = 6;

/// Who uses a table.
#[derive(Debug, Default)]
pub(in crate::source) struct Consumers {
    readers: Vec<Reader>,
    /// The dashboards and the like that look at the table itself.
    exposures: BTreeSet<String>,
}

/// A model, a check or the like that reads a table.
#[derive(Debug)]
struct Reader {
    name: String,
    is_check: bool,
    /// The columns that it reads; `None`: nobody knows.
    columns: Option<BTreeSet<String>>,
    /// The exposures behind it.
    exposures: BTreeSet<String>,
}

impl Consumers {
    /// Who uses a column, in words; `None` when nobody does.
    pub(in crate::source) fn of(&self, column: &str) -> Option<String> {
        // A field of a struct is used by what uses the struct.
        let uses = |columns: &BTreeSet<String>| {
            columns.iter().any(|used| {
                let rest = column.get(..used.len()).filter(|start| start.eq_ignore_ascii_case(used));
                rest.is_some() && matches!(column.as_bytes().get(used.len()), None | Some(b'.'))
            })
        };
        let surely: Vec<&Reader> = self.readers.iter().filter(|one| one.columns.as_ref().is_some_and(uses)).collect();
        let perhaps: Vec<&Reader> = self.readers.iter().filter(|one| one.columns.is_none()).collect();
        let names = |readers: &[&Reader], is_check: bool| -> BTreeSet<String> {
            readers.iter().filter(|one| one.is_check == is_check).map(|one| one.name.clone()).collect()
        };
        let behind = |readers: &[&Reader]| -> BTreeSet<String> {
            readers.iter().flat_map(|one| one.exposures.iter().cloned()).collect()
        };
        let sure = behind(&surely);
        let mut unsure = behind(&perhaps);
        unsure.extend(self.exposures.iter().cloned());
        unsure.retain(|name| !sure.contains(name));
        let told = |parts: [Option<String>; 3]| parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let used = told([
            listed("model", "models", &names(&surely, false)),
            listed("check", "checks", &names(&surely, true)),
            listed("exposure", "exposures", &sure).map(|these| format!("{these} in the end")),
        ]);
        let may = told([
            listed("model", "models", &names(&perhaps, false)),
            listed("check", "checks", &names(&perhaps, true)),
            listed("exposure", "exposures", &unsure),
        ]);
        match (used.is_empty(), may.is_empty()) {
            (true, true) => None,
            (false, true) => Some(format!("used by {used}")),
            (true, false) => Some(format!("may be used by {may}")),
            (false, false) => Some(format!("used by {used}; may be used by {may}")),
        }
    }
}

fn listed(one: &str, many: &str, names: &BTreeSet<String>) -> Option<String> {
    let what = if names.len() == 1 { one } else { many };
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        shown.push(format!("and {} more", names.len() - SHOWN));
    }
    (!shown.is_empty()).then(|| format!("{what} {}", shown.join(", ")))
}

impl TableLanding<'_> {
    /// Who uses the table, as it is now.
    pub(in crate::source) async fn consumers(&self, current: Option<&Snapshot>) -> Consumers {
        let project = &self.build.workspace.project;
        let mut consumers = Consumers::default();
        let columns = self.known_columns(current);
        for child in project.graph.children(self.source.id.as_str()) {
            if child.kind == NodeKind::Exposure {
                consumers.exposures.insert(child.name.clone());
                continue;
            }
            let below = project.graph.descendants(child.id.as_str(), None);
            let exposures = below.iter().filter_map(|id| project.exposures.get(id)).map(|one| one.name.clone());
            consumers.readers.push(Reader {
                name: child.name.clone(),
                is_check: child.kind == NodeKind::Test,
                columns: self.columns_read(&child.id, &columns).await.ok().flatten(),
                exposures: exposures.collect(),
            });
        }
        consumers
    }

    /// The columns that the table has, and those that it was promised to have.
    fn known_columns(&self, current: Option<&Snapshot>) -> Schema {
        let mut fields: Vec<Field> = current
            .iter()
            .flat_map(|table| table.schema().fields().iter())
            .map(|field| field.as_ref().clone())
            .collect();
        let promised = promised(self.source).ok().flatten();
        for field in promised.iter().flat_map(|promised| promised.fields().iter()) {
            if !fields.iter().any(|known| known.name().eq_ignore_ascii_case(field.name())) {
                let is_unknown = *field.data_type() == DataType::Null;
                let data_type = if is_unknown { DataType::Utf8 } else { field.data_type().clone() };
                fields.push(Field::new(field.name(), data_type, true));
            }
        }
        Schema::new(fields)
    }

    /// The columns of the table that a node reads; `None`: nobody knows.
    async fn columns_read(&self, node: &NodeId, columns: &Schema) -> Result<Option<BTreeSet<String>>, TaskError> {
        let project = &self.build.workspace.project;
        // What asks the lake while it is compiled is not asked to.
        if project.uses(node).is_some_and(|uses| uses.introspects) {
            return Ok(None);
        }
        let mut read = BTreeSet::new();
        for (sql, session) in self.statements(node, columns)? {
            match session.columns_read(&sql).await {
                Ok(mut found) => read.extend(found.remove(&relation_name(&self.source.relation)).unwrap_or_default()),
                Err(SqlError { .. }) => return Ok(None),
            }
        }
        Ok(Some(read))
    }

    /// The statements of a model or a check, each with a session in which the table has these columns.
    fn statements(&self, id: &NodeId, columns: &Schema) -> Result<Vec<(String, Session)>, TaskError> {
        let build = self.build;
        let project = &build.workspace.project;
        let session = |schema: &str| {
            let table = Arc::new(EmptyTable::new(Arc::new(columns.clone())));
            let front = MemoryCatalog::new().with_table(relation_name(&self.source.relation), table);
            let options = SessionOptions::new(schema).with_now(build.workspace.world.clock.now());
            let options = options.with_batch_id(uuid::Uuid::nil().to_string());
            build.workspace.engine.session(Arc::new(Overlay::new(front, build.workspace.catalog(At::Latest))), options)
        };
        if let Some(model) = project.models.get(id) {
            let session = session(&model.relation.schema);
            let mut statements = vec![build.compile_model(model, &session, false, None)?.text];
            if model.incremental.is_some() {
                statements.push(build.compile_model(model, &session, true, None)?.text);
            }
            return Ok(statements.into_iter().map(|sql| (sql, session.clone())).collect());
        }
        let Some(check) = project.checks.get(id) else {
            return Err(crate::error::RunError::usage(format!("`{id}` has no SQL of its own"), None).into());
        };
        let session = session(&self.source.relation.schema);
        let sql = match &check.kind {
            ade_project::resource::CheckKind::Generic { .. } | ade_project::resource::CheckKind::Singular { .. } => {
                Some(build.compile_check(check, &session)?)
            }
            _ => None,
        };
        let spec = check_spec(check, sql, false);
        Ok(vec![(spec.sql(DateTime::UNIX_EPOCH), session)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(name: &str, columns: Option<&[&str]>, exposures: &[&str]) -> Reader {
        let columns = columns.map(|columns| columns.iter().map(|name| (*name).to_owned()).collect());
        let exposures = exposures.iter().map(|name| (*name).to_owned()).collect();
        Reader { name: name.to_owned(), is_check: name.starts_with("unique"), columns, exposures }
    }

    #[test]
    fn those_that_use_it_are_named_and_those_that_nobody_knows_of_may() {
        let mut consumers = Consumers {
            readers: vec![
                reader("ages", Some(&["id", "Age"]), &["weekly"]),
                reader("names", Some(&["name"]), &["daily"]),
                reader("unique_age", Some(&["age"]), &[]),
            ],
            exposures: BTreeSet::new(),
        };
        let of_age = "used by model `ages`; check `unique_age`; exposure `weekly` in the end";
        assert_eq!(consumers.of("age").as_deref(), Some(of_age));
        assert_eq!(consumers.of("age_hash"), None);
        assert_eq!(consumers.of("Name.first").as_deref(), Some("used by model `names`; exposure `daily` in the end"));
        consumers.readers.push(reader("macros", None, &["weekly", "yearly"]));
        let both = format!("{of_age}; may be used by model `macros`; exposure `yearly`");
        assert_eq!(consumers.of("age"), Some(both));
        assert_eq!(consumers.of("at").as_deref(), Some("may be used by model `macros`; exposures `weekly`, `yearly`"));
    }
}
