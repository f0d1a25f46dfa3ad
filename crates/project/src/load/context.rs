//! What the resolving of every resource needs to know.

use std::collections::HashMap;
use std::sync::Arc;

use ade_diagnostic::{Diagnostics, SourceFile};
use serde_json::json;

use super::config::{Config, ConfigKind};
use super::declarations::Declared;
use super::docs::Docs;
use super::folder_config::Folders;
use super::layout::Layout;
use super::root_files::RootFiles;
use super::templates::Templates;
use crate::Relation;
use crate::file::{CheckConfig, GroupDeclaration, ModelConfig, OneOrMany, OwnerDeclaration, SeedConfig, SourceConfig};
use crate::resource::{Connection, Environment, Owner, PrivacyPolicy};
use crate::template::NodeContext;
use crate::yaml::{Node, NodeValue, TextStyle};
use indexmap::IndexMap;

/// The project around a resource.
pub(super) struct Context<'a> {
    pub(super) project: &'a str,
    pub(super) environment: &'a Environment,
    pub(super) connections: &'a IndexMap<String, Connection>,
    pub(super) privacy: &'a PrivacyPolicy,
    pub(super) layout: &'a Layout,
    pub(super) templates: &'a Templates,
    pub(super) docs: &'a Docs,
    pub(super) groups: &'a HashMap<String, Declared<GroupDeclaration>>,
    pub(super) models: Configured,
    pub(super) seeds: Configured,
    pub(super) sources: Configured,
    pub(super) checks: Configured,
}

/// One kind of resource: its keys of configuration, and what folders say.
pub(super) struct Configured {
    pub(super) kind: ConfigKind,
    folders: Vec<Folders>,
}

impl Configured {
    /// Models.
    pub(super) fn models(root: &RootFiles, problems: &mut Diagnostics) -> Self {
        let kind = ConfigKind::of::<ModelConfig>();
        let found = root.folder_config(|ade| ade.models.as_ref(), |dbt| dbt.models.as_ref());
        let folders = found.into_iter().map(|(file, folders)| Folders::read(file, folders, &kind, problems)).collect();
        Self { kind, folders }
    }

    /// Seeds.
    pub(super) fn seeds(root: &RootFiles, problems: &mut Diagnostics) -> Self {
        let kind = ConfigKind::of::<SeedConfig>();
        let found = root.folder_config(|ade| ade.seeds.as_ref(), |dbt| dbt.seeds.as_ref());
        let folders = found.into_iter().map(|(file, folders)| Folders::read(file, folders, &kind, problems)).collect();
        Self { kind, folders }
    }

    /// Sources.
    pub(super) fn sources(root: &RootFiles, problems: &mut Diagnostics) -> Self {
        let kind = ConfigKind::of::<SourceConfig>();
        let found = root.folder_config(|ade| ade.sources.as_ref(), |dbt| dbt.sources.as_ref());
        let folders = found.into_iter().map(|(file, folders)| Folders::read(file, folders, &kind, problems)).collect();
        Self { kind, folders }
    }

    /// Checks.
    pub(super) fn checks(root: &RootFiles, problems: &mut Diagnostics) -> Self {
        let kind = ConfigKind::of::<CheckConfig>();
        let mut found = root.folder_config(|_| None, |dbt| dbt.tests.as_ref());
        found.extend(root.folder_config(|ade| ade.data_tests.as_ref(), |dbt| dbt.data_tests.as_ref()));
        let folders = found.into_iter().map(|(file, folders)| Folders::read(file, folders, &kind, problems)).collect();
        Self { kind, folders }
    }

    /// What folders say about a resource.
    pub(super) fn config(&self, fqn: &[String]) -> Config {
        let mut config = Config::default();
        for folders in &self.folders {
            folders.lay(fqn, &mut config);
        }
        config
    }

    /// Warns of folder-level configuration that applied to nothing.
    pub(super) fn report_unused(&self, problems: &mut Diagnostics) {
        for folders in &self.folders {
            folders.report_unused(problems);
        }
    }
}

impl Context<'_> {
    /// Project, folders and name.
    pub(super) fn fqn(&self, path: &str, name: &[&str]) -> Vec<String> {
        let parts = std::iter::once(self.project).chain(self.layout.folders(path)).chain(name.iter().copied());
        parts.map(str::to_owned).collect()
    }

    /// The relation of a model or seed: `generate_schema_name` and `generate_alias_name` of the project win.
    pub(super) fn relation(
        &self,
        name: &str,
        schema: Option<&str>,
        alias: Option<&str>,
        node: &NodeContext,
        problems: &mut Diagnostics,
    ) -> Relation {
        let about = || json!(node.model);
        let arguments = [("custom_schema_name", json!(schema).into()), ("node", about().into())];
        let by_macro = self.templates.name_by_macro("generate_schema_name", &arguments, node, problems);
        let schema = by_macro.unwrap_or_else(|| self.environment.base_schema(schema));
        let arguments = [("custom_alias_name", json!(alias).into()), ("node", about().into())];
        let by_macro = self.templates.name_by_macro("generate_alias_name", &arguments, node, problems);
        let table = by_macro.unwrap_or_else(|| alias.unwrap_or(name).to_owned());
        self.environment.relation(&schema, &table)
    }

    /// Who answers for something.
    pub(super) fn owner(&self, own: Option<&OwnerDeclaration>, group: Option<&str>) -> Option<Owner> {
        let of_group = || group.and_then(|group| self.groups.get(group)).map(|group| &group.says.owner);
        own.or_else(of_group).map(owner)
    }
}

/// An owner as declared.
pub(super) fn owner(declared: &OwnerDeclaration) -> Owner {
    Owner { name: declared.name.clone(), email: declared.email.0.clone() }
}

/// A list of texts as a node, for the layers of configuration.
pub(super) fn texts(texts: &OneOrMany<String>, span: ade_diagnostic::Span) -> Node {
    let items = texts.iter().map(|text| Node::new(NodeValue::Text(text.clone(), TextStyle::Quoted), span));
    Node::new(NodeValue::Sequence(items.collect()), span)
}

/// A file's name without folders and extension.
pub(super) fn stem(file: &Arc<SourceFile>) -> &str {
    stem_of(file.path())
}

/// A path's last part without extension.
pub(super) fn stem_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
