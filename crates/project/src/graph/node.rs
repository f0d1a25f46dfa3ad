//! One node of the graph.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::{NodeId, NodeKind};

/// What selections and orders need to know of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The id.
    pub id: NodeId,
    /// What it is.
    pub kind: NodeKind,
    /// The name; of a source table, the table's.
    pub name: String,
    /// The package (project) that declares it.
    pub package: String,
    /// The file that declares it, relative to the project, with `/`.
    pub path: String,
    /// dbt's fully qualified name: package, folders below the resource folder, name. For a source table: package, folders,
    /// source, table.
    pub fqn: Vec<String>,
    /// All tags.
    pub tags: BTreeSet<String>,
    /// The resolved configuration.
    pub config: Map<String, Json>,
    /// What it reads, in any order; ids that are not in the graph are left out of it.
    pub depends_on: BTreeSet<NodeId>,
    /// For a test: the generic test it is an instance of (`unique`); `None` for a singular test.
    pub test_name: Option<String>,
    /// Further words that a selection may ask for, by method: `group`, `access`, `version`, …
    pub facets: BTreeMap<String, String>,
}

impl Node {
    /// A node of the given kind without anything else: id `<kind>.<package>.<name>`, fully qualified name
    /// `[package, name]`.
    pub fn new(kind: NodeKind, package: &str, name: &str) -> Self {
        Self {
            id: NodeId::new(kind, &[package, name]),
            kind,
            name: name.to_owned(),
            package: package.to_owned(),
            path: String::new(),
            fqn: vec![package.to_owned(), name.to_owned()],
            tags: BTreeSet::new(),
            config: Map::new(),
            depends_on: BTreeSet::new(),
            test_name: None,
            facets: BTreeMap::new(),
        }
    }
}
