//! Models: SQL files and what YAML and folders say about them.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};
use serde_json::{Map, Value, json};

use super::columns;
use super::config::{self, Config};
use super::context::{self, Context, stem};
use super::declarations::Declared;
use super::incremental;
use super::report;
use super::root_files::{check_file_name, text, warn_of_quotes};
use super::unheld::{self, Holder};
use crate::file::{ModelConfig, ModelDeclaration};
use crate::resource::{Access, Materialization, Model, path_in_folder};
use crate::template::{NodeContext, Template, TemplateRelation, Uses};
use crate::yaml::{Entry, Node};
use crate::{NodeId, NodeKind};

/// What became of one SQL file.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) name: String,
    pub(super) file: Arc<SourceFile>,
    pub(super) problems: Diagnostics,
    /// `None`: switched off, or not readable.
    pub(super) model: Option<Found>,
    /// Where it is switched off.
    pub(super) disabled: Option<Location>,
}

/// A model and what its template asks for.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) model: Model,
    pub(super) uses: Uses,
    pub(super) template: Template,
}

/// Reads one SQL file.
pub(super) fn read(
    file: &Arc<SourceFile>,
    declared: Option<&Declared<ModelDeclaration>>,
    context: &Context<'_>,
) -> Read {
    let name = stem(file).to_owned();
    let mut read = Read { name, file: Arc::clone(file), problems: Diagnostics::new(), model: None, disabled: None };
    let problems = &mut read.problems;
    check_file_name("model", &read.name, || file.top(), problems);
    let fqn = context.fqn(file.path(), &[&read.name]);
    let mut config = context.models.config(&fqn);
    if let Some(declared) = declared {
        lay_declared(declared, &mut config);
    }
    let mut switched_off = (!config.is_enabled()).then(|| config.key("enabled").cloned().unwrap_or_else(|| file.top()));
    let (template, mistakes) = Template::read(file);
    if switched_off.is_some() && !mistakes.is_empty() {
        read.disabled = switched_off;
        return read;
    }
    problems.extend(mistakes);
    let before = node_context(&name_of(&read.name, &fqn, file, context), &config, context);
    let parsed = context.templates.set.parse(&template, &context.templates.settings, &before);
    lay_in_file(&parsed.uses, &mut config, context, problems);
    switched_off = (!config.is_enabled()).then(|| config.key("enabled").cloned().unwrap_or_else(|| file.top()));
    if let Some(location) = switched_off {
        read.disabled = Some(location);
        return read;
    }
    problems.extend(parsed.diagnostics);
    let model = resolve(&read.name, file, fqn, &config, declared, context, problems);
    read.model = Some(Found { model, uses: parsed.uses, template });
    read
}

fn lay_declared(declared: &Declared<ModelDeclaration>, config: &mut Config) {
    let (file, says) = (&declared.file, &declared.says);
    let at = says.name.span;
    if !says.tags.is_empty() {
        config.lay(file, &[config::entry("tags", context::texts(&says.tags, at))]);
    }
    let beside = [("meta", &says.meta), ("docs", &says.docs)];
    for (key, node) in beside {
        config.lay(file, &node.iter().map(|node| config::entry(key, node.clone())).collect::<Vec<Entry>>());
    }
    if let Some(group) = &says.group {
        config.lay(file, &[config::entry("group", Node::from_json(&json!(group.value), group.span))]);
    }
    config.lay(file, config::entries(says.config.as_ref()));
}

/// `config()` of the file itself: checked here, where its place is known.
fn lay_in_file(uses: &Uses, config: &mut Config, context: &Context<'_>, problems: &mut Diagnostics) {
    for (file, entry) in config::call_entries(uses) {
        let checked = context.models.kind.check(&file, entry, problems);
        config.lay(&file, &checked);
    }
}

fn name_of(name: &str, fqn: &[String], file: &Arc<SourceFile>, context: &Context<'_>) -> Map<String, Value> {
    let id = NodeId::new(NodeKind::Model, &[context.project, name]);
    let Value::Object(about) = json!({
        "unique_id": id.as_str(),
        "name": name,
        "resource_type": "model",
        "package_name": context.project,
        "fqn": fqn,
        "path": path_in_folder(fqn, file.path()),
        "original_file_path": file.path(),
    }) else {
        return Map::new();
    };
    about
}

/// What a template may know of its model while it is parsed: its relation is the one it would have without `config()`.
fn node_context(about: &Map<String, Value>, config: &Config, context: &Context<'_>) -> NodeContext {
    let config = config.to_json();
    let text = |key: &str| config.get(key).and_then(Value::as_str);
    let name = about.get("name").and_then(Value::as_str).unwrap_or_default();
    let schema = context.environment.base_schema(text("schema"));
    let relation = context.environment.relation(&schema, text("alias").unwrap_or(name));
    let this = TemplateRelation::new(relation.schema, relation.table);
    let mut model = about.clone();
    model.insert("config".to_owned(), Value::Object(config.clone()));
    NodeContext { this: Some(this), config, model }
}

fn resolve(
    name: &str,
    file: &Arc<SourceFile>,
    fqn: Vec<String>,
    config: &Config,
    declared: Option<&Declared<ModelDeclaration>>,
    context: &Context<'_>,
    problems: &mut Diagnostics,
) -> Model {
    let decoded: ModelConfig = config.decode(problems);
    let says = declared.map(|declared| &declared.says);
    let properties = declared.map(|declared| declared.file.location(declared.says.name.span));
    let columns = declared.map_or_else(Vec::new, |declared| {
        columns::resolve(&declared.file, &declared.says.columns, &declared.says.constraints, context.docs, problems)
    });
    let description = declared.map_or_else(String::new, |declared| {
        context.docs.resolve(&declared.file, declared.says.description.as_ref(), problems)
    });
    if let Some(declared) = declared.filter(|declared| declared.says.versions.is_some()) {
        let message = format!("`{name}` has versions, which are not supported");
        let at = declared.file.location(declared.says.name.span);
        problems
            .push(Diagnostic::error(&rule::UNSUPPORTED, message).at(at).hint("make each version a model of its own"));
    }
    let about = name_of(name, &fqn, file, context);
    let node = node_context(&about, config, context);
    let (schema, alias) = (text(decoded.schema.as_ref()), text(decoded.alias.as_ref()));
    let relation = context.relation(name, schema, alias, &node, problems);
    let materialized = decoded.materialized.as_ref().map(|materialized| materialized.value).unwrap_or_default();
    if materialized != Materialization::Ephemeral {
        let is_table = materialized != Materialization::View;
        report::unusable_relation("a model", &relation, is_table, config, || file.top(), problems);
        if alias.is_none() {
            warn_of_quotes(&relation, || file.top(), problems);
        }
    }
    let contract_enforced = decoded.contract.as_ref().and_then(|contract| contract.enforced).unwrap_or(false);
    unheld::config(config, problems);
    if let Some(declared) = declared {
        let holder = if contract_enforced { Holder::Contract } else { Holder::Nothing };
        unheld::promises(&declared.file, &declared.says.columns, &declared.says.constraints, holder, problems);
    }
    if contract_enforced {
        report_contract(name, &columns, config, properties.as_ref(), problems);
    }
    let group = decoded.group.as_ref().map(|group| group.value.clone());
    report_group(group.as_deref(), config, context, problems);
    let owner = decoded.owner.as_ref().or(says.and_then(|says| says.owner.as_ref()));
    let partition_by = incremental::partition_by(decoded.partition_by.as_ref());
    let incremental = (materialized == Materialization::Incremental)
        .then(|| incremental::resolve(name, &decoded, partition_by.clone(), config, &file.top(), problems));
    unheld::predicates(config, incremental.as_ref(), problems);
    Model {
        id: NodeId::new(NodeKind::Model, &[context.project, name]),
        name: name.to_owned(),
        file: Arc::clone(file),
        fqn,
        relation,
        materialized,
        incremental,
        partition_by,
        full_refresh: decoded.full_refresh,
        contract_enforced,
        columns,
        pre_hooks: config.pre_hooks(),
        post_hooks: config.post_hooks(),
        description,
        tags: decoded.tags.0.clone(),
        meta: columns::meta(decoded.meta.as_ref()),
        owner: context.owner(owner, group.as_deref()),
        maturity: decoded.maturity.or(says.and_then(|says| says.maturity)).unwrap_or_default(),
        access: decoded.access.or(says.and_then(|says| says.access)).unwrap_or(Access::Protected),
        group,
        config: config.to_json(),
        properties,
    }
}

fn report_contract(
    name: &str,
    columns: &[crate::resource::Column],
    config: &Config,
    properties: Option<&Location>,
    problems: &mut Diagnostics,
) {
    let at = config.key("contract").or(properties);
    let mut report = |message: String, at: Option<&Location>, hint: String| {
        let problem = Diagnostic::error(&rule::INVALID_CONTRACT, message).hint(hint);
        problems.push(match at {
            Some(at) => problem.at(at.clone()),
            None => problem,
        });
    };
    if columns.is_empty() {
        let message = format!("`{name}` has an enforced contract and no columns");
        report(message, at, "list every column with its `data_type`".to_owned());
    }
    for column in columns.iter().filter(|column| column.data_type.is_none()) {
        let message = format!("`{name}` has an enforced contract, and its column `{}` has no type", column.name);
        report(message, Some(&column.origin), "add `data_type: <type>` to the column".to_owned());
    }
}

fn report_group(group: Option<&str>, config: &Config, context: &Context<'_>, problems: &mut Diagnostics) {
    let Some(group) = group.filter(|group| !context.groups.contains_key(*group)) else { return };
    let problem = Diagnostic::error(&rule::INVALID_CONFIG, format!("there is no group `{group}`"));
    let problem = problem.suggestion(group, context.groups.keys().map(String::as_str));
    problems.push(match config.value_location("group") {
        Some(location) => problem.at(location),
        None => problem,
    });
}
