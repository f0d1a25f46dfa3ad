//! From the name that a person gives to a table.
use ade_diagnostic::did_you_mean;
use ade_lake::TableName;
use ade_project::resource::Materialization;
use ade_project::{NodeId, Relation};

use crate::error::RunError;
use crate::workspace::Workspace;

impl Workspace {
    /// The node with this name: a model's or seed's name, `source.table`, `schema.table`, or a whole id.
    pub(crate) fn find_node(&self, name: &str) -> Result<NodeId, RunError> {
        let project = &self.project;
        let ids = project.models.keys().chain(project.seeds.keys()).chain(project.sources.keys());
        let ids: Vec<&NodeId> = ids.collect();
        let relation = |id: &NodeId| project.relation(id).map(ToString::to_string).unwrap_or_default();
        let found = ids
            .iter()
            .find(|id| id.as_str() == name || id.name() == name)
            .or_else(|| ids.iter().find(|id| relation(id) == name));
        if let Some(found) = found {
            return Ok((*found).clone());
        }
        let names: Vec<String> = ids.iter().flat_map(|id| [id.name().to_owned(), relation(id)]).collect();
        // The table alone, without its source or schema.
        let whole = names.iter().find(|whole| whole.rsplit_once('.').is_some_and(|(_, table)| table == name));
        let hint = whole.map(|whole| format!("did you mean `{whole}`?"));
        let hint = hint.or_else(|| did_you_mean(name, names.iter().map(String::as_str)));
        let hint = hint.unwrap_or_else(|| "`ade ls` lists the nodes".to_owned());
        Err(RunError::usage(format!("there is no model, seed or source table `{name}`"), hint))
    }

    fn is_view(&self, id: &NodeId) -> bool {
        let model = self.project.models.get(id);
        model.is_some_and(|model| matches!(model.materialized, Materialization::View | Materialization::Ephemeral))
    }

    /// The lake's table behind a name: of a node, or any `schema.table` that is in the lake.
    pub(crate) async fn find_table(&self, name: &str) -> Result<TableName, RunError> {
        match self.find_node(name) {
            Ok(id) if self.is_view(&id) => Err(RunError::usage(
                format!("`{name}` is a view: it has no versions of its own"),
                "its text is in the project; `select * from ade.views` shows what it was".to_owned(),
            )),
            Ok(id) => {
                let nowhere = Relation::new("", "");
                Self::table_name(self.project.relation(&id).unwrap_or(&nowhere))
            }
            Err(unknown) => {
                let Some((schema, table)) = name.split_once('.') else { return Err(unknown) };
                let Ok(table) = TableName::new(schema, table) else { return Err(unknown) };
                match self.lake.version(&table).await? {
                    Some(_) => Ok(table),
                    None => Err(unknown),
                }
            }
        }
    }
}
