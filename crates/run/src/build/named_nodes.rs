//! Which node makes what SQL names.
use std::collections::HashMap;

use ade_engine::RelationName;
use ade_project::{NodeId, Project};

use super::relation_name;

/// The models, seeds and tables of sources of a project, by the names of their relations.
#[derive(Debug)]
pub(crate) struct NamedNodes(HashMap<RelationName, NodeId>);

impl NamedNodes {
    /// Those of a project.
    pub(crate) fn of(project: &Project) -> Self {
        let sources = project.sources.values().map(|source| (&source.relation, &source.id));
        let seeds = project.seeds.values().map(|seed| (&seed.relation, &seed.id));
        let models = project.models.values().map(|model| (&model.relation, &model.id));
        let nodes = sources.chain(seeds).chain(models);
        Self(nodes.map(|(relation, id)| (relation_name(relation), id.clone())).collect())
    }

    /// The node whose relation has this name.
    pub(crate) fn get(&self, name: &RelationName) -> Option<&NodeId> {
        self.0.get(name)
    }
}
