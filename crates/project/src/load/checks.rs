//! Checks: generic tests at tables and columns, and the files in `tests/`.

mod builtin;
mod call;
mod name;
mod settings;
mod singular;

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use self::call::CheckCall;
use super::config::{self, Config};
use super::context::{self, Context};
use super::names::Names;
use super::reference_text;
use crate::file::ColumnDeclaration;
use crate::resource::{Check, CheckKind, CheckTarget};
use crate::template::{Argument, NodeContext, TemplateRelation, Uses};
use crate::yaml::{Entry, Node};
use crate::{NodeId, NodeKind, Relation};

pub(super) use singular::singular;

/// A table whose declaration may have checks.
pub(super) struct CheckSite<'d> {
    pub(super) file: &'d Arc<SourceFile>,
    pub(super) node: NodeId,
    pub(super) relation: Relation,
    /// Put before the test in names, as dbt does for sources.
    pub(super) prefix: &'static str,
    /// The table in names of checks.
    pub(super) title: String,
    pub(super) tests: [&'d Vec<Node>; 2],
    pub(super) columns: &'d [ColumnDeclaration],
}

/// A check and what it reads beside its table.
#[derive(Debug)]
pub(super) struct FoundCheck {
    pub(super) check: Check,
    pub(super) depends_on: Vec<NodeId>,
    /// What its macro or file asks for; empty for built-in ones.
    pub(super) uses: Uses,
    /// The generic test it is an instance of.
    pub(super) test_name: Option<String>,
}

/// All generic checks of a table.
pub(super) fn at_site(
    site: &CheckSite<'_>,
    context: &Context<'_>,
    names: &Names,
    problems: &mut Diagnostics,
) -> Vec<FoundCheck> {
    let mut found = Vec::new();
    for declared in site.tests.into_iter().flatten() {
        found.extend(one(site, declared, None, context, names, problems));
    }
    for column in site.columns {
        for declared in column.data_tests.iter().chain(column.tests.iter()) {
            found.extend(one(site, declared, Some(column), context, names, problems));
        }
    }
    found
}

fn one(
    site: &CheckSite<'_>,
    declared: &Node,
    column: Option<&ColumnDeclaration>,
    context: &Context<'_>,
    names: &Names,
    problems: &mut Diagnostics,
) -> Option<FoundCheck> {
    let file = site.file;
    let mut call = CheckCall::read(
        file,
        declared,
        column,
        &|text, location| context.templates.evaluate(text, &location),
        problems,
    )?;
    let own = context.templates.set.generic_test(&call.full_name()).is_some();
    let mut depends_on = vec![site.node.clone()];
    let kind = if own {
        call.check_parameters(context, problems);
        Some(CheckKind::Generic { name: call.full_name(), arguments: call.arguments_json() })
    } else {
        builtin::resolve(&mut call, context, names, problems)
    }?;
    if let CheckKind::Relationships { to, .. } = &kind {
        depends_on.push(to.clone());
    }
    let names_of_check = name::synthesize(site.prefix, &call, &site.title);
    let full_name = call.custom_name.clone().unwrap_or(names_of_check.full);
    let short_name = call.custom_name.clone().unwrap_or(names_of_check.short);
    let fqn = context.fqn(file.path(), &[&full_name]);
    let id = NodeId::new(NodeKind::Test, &[context.project, &full_name, &name::hash(&site.node, &full_name)]);
    let target = CheckTarget {
        node: site.node.clone(),
        relation: site.relation.clone(),
        column: column.map(|column| column.name.value.clone()),
    };
    let mut config = context.checks.config(&fqn);
    if let Some(column) = column.filter(|column| !column.tags.is_empty()) {
        config.lay(file, &[config::entry("tags", context::texts(&column.tags, call.name_span))]);
    }
    let entries: Vec<Entry> =
        call.config.iter().filter_map(|entry| context.checks.kind.check(file, entry.clone(), problems)).collect();
    let mut uses = Uses::default();
    if let CheckKind::Generic { name, arguments } = &kind {
        // As in dbt, what the test's own `config()` says lies between the folders and this use of it.
        let mut given = config.clone();
        given.lay(file, &entries);
        if !given.is_enabled() {
            return None;
        }
        let node = early_context(&id, &full_name, &short_name, &fqn, &given, context);
        uses = generic_uses(name, arguments, &target, &node, context, names);
        for (file, entry) in config::call_entries(&uses) {
            let checked = context.checks.kind.check(&file, entry, problems);
            config.lay(&file, &checked);
        }
    }
    config.lay(file, &entries);
    if !config.is_enabled() {
        return None;
    }
    if let CheckKind::Generic { arguments, .. } = &kind {
        resolve_arguments(arguments, &file.location(call.name_span), names, &mut depends_on, problems);
        depends_on.extend(resolve_uses(&uses, names, problems));
    }
    let origin = file.location(call.name_span);
    let description = call.description.clone().unwrap_or_default();
    let mut check =
        settings::resolve(id, full_name, &short_name, kind, fqn, &config, origin.clone(), context, problems);
    check.description = description;
    check.filter = combine(check.filter, call.row_condition.take());
    check.target = Some(target);
    depends_on.sort();
    depends_on.dedup();
    Some(FoundCheck { check, depends_on, uses, test_name: Some(call.name) })
}

/// Both conditions.
fn combine(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("({first}) and ({second})")),
        (first, second) => first.or(second),
    }
}

/// Runs the macro of a project's own test without the world, to learn what it reads and how it is configured. Without
/// the world a macro may fail that works with it: what is wrong shows when it runs.
fn generic_uses(
    test: &str,
    arguments: &Map<String, Value>,
    target: &CheckTarget,
    node: &NodeContext,
    context: &Context<'_>,
    names: &Names,
) -> Uses {
    let arguments = called_with(arguments, Some(target), None, |text| names_relation(text, names));
    let arguments: Vec<(&str, Argument)> = arguments.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    let parsed = context.templates.set.parse_call(&macro_name(test), &arguments, &context.templates.settings, node);
    parsed.map(|parsed| parsed.uses).unwrap_or_default()
}

fn names_relation(text: &str, names: &Names) -> Option<TemplateRelation> {
    reference_text::parse(text)?;
    let (_, relation) = reference_text::resolve(text, names).ok()?;
    Some(TemplateRelation::of(relation))
}

/// The tables that arguments of a test name.
fn resolve_arguments(
    arguments: &Map<String, Value>,
    at: &Location,
    names: &Names,
    depends_on: &mut Vec<NodeId>,
    problems: &mut Diagnostics,
) {
    for text in arguments.values().filter_map(Value::as_str) {
        if reference_text::parse(text).is_some() {
            match reference_text::resolve(text, names) {
                Ok((id, _)) => depends_on.push(id.clone()),
                Err(problem) => problems.push(problem.at(at.clone())),
            }
        }
    }
}

/// What the macro of a test may know of its check before all of the configuration is known.
fn early_context(
    id: &NodeId,
    name: &str,
    short_name: &str,
    fqn: &[String],
    config: &Config,
    context: &Context<'_>,
) -> NodeContext {
    let config = config.to_json();
    let text = |key: &str| config.get(key).and_then(Value::as_str);
    let failures = settings::failures(text("schema"), text("alias"), short_name, context);
    let about = json!({
        "unique_id": id.as_str(), "name": name, "resource_type": "test", "package_name": context.project,
        "fqn": fqn, "config": config,
    });
    NodeContext { this: Some(TemplateRelation::of(&failures)), config, model: object(about) }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(entries) => entries,
        _ => Map::new(),
    }
}

/// Name of the macro of a generic test.
pub(crate) fn macro_name(test: &str) -> String {
    match test.split_once('.') {
        Some((package, name)) => format!("{package}.test_{name}"),
        None => format!("test_{test}"),
    }
}

/// What a generic test's macro is called with: its table, its column and its arguments, of which references are tables.
pub(crate) fn macro_arguments(
    check: &Check,
    relation_of: impl Fn(&str) -> Option<TemplateRelation>,
) -> Vec<(String, Argument)> {
    let CheckKind::Generic { arguments, .. } = &check.kind else { return Vec::new() };
    called_with(arguments, check.target.as_ref(), check.filter.as_deref(), relation_of)
}

fn called_with(
    arguments: &Map<String, Value>,
    target: Option<&CheckTarget>,
    filter: Option<&str>,
    relation_of: impl Fn(&str) -> Option<TemplateRelation>,
) -> Vec<(String, Argument)> {
    let mut out = Vec::new();
    if let Some(target) = target {
        // With `where:` the test sees a subquery in place of the table, as dbt's `get_where_subquery` makes it.
        let model = match filter {
            Some(filter) => {
                let subquery = format!("(select * from {} where {filter}) dbt_subquery", target.relation.to_sql());
                Argument::Json(json!(subquery))
            }
            None => Argument::Relation(TemplateRelation::of(&target.relation)),
        };
        out.push(("model".to_owned(), model));
        if let Some(column) = &target.column {
            out.push(("column_name".to_owned(), Argument::Json(json!(column))));
        }
    }
    for (key, value) in arguments {
        let argument = match value.as_str().and_then(&relation_of) {
            Some(relation) => Argument::Relation(relation),
            None => Argument::Json(value.clone()),
        };
        out.push((key.clone(), argument));
    }
    out
}

/// What templates may know of a check.
pub(crate) fn check_context(check: &Check, project: &str) -> NodeContext {
    let about = json!({
        "unique_id": check.id.as_str(), "name": check.name, "resource_type": "test", "package_name": project,
        "fqn": check.fqn, "tags": check.tags, "config": check.config, "description": check.description,
    });
    NodeContext {
        this: Some(TemplateRelation::of(&check.failures)),
        config: check.config.clone(),
        model: object(about),
    }
}

/// The nodes that a template asks for; names that nothing has are reported, except in branches that were not taken.
pub(super) fn resolve_uses(uses: &Uses, names: &Names, problems: &mut Diagnostics) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut add =
        |resolved: Result<&(NodeId, Relation), Box<Diagnostic>>, location: &Location, conditional: bool| match resolved
        {
            Ok((id, _)) => found.push(id.clone()),
            Err(_) if conditional => {}
            Err(problem) => problems.push(problem.at(location.clone())),
        };
    for used in &uses.refs {
        add(names.reference(&used.reference), &used.location, used.conditional);
    }
    for used in &uses.sources {
        add(names.source(&used.source, &used.table), &used.location, used.conditional);
    }
    found
}

/// Reports two checks with the same id and gives the map of all.
pub(super) fn collect(found: Vec<FoundCheck>, problems: &mut Diagnostics) -> IndexMap<NodeId, FoundCheck> {
    let mut all: IndexMap<NodeId, FoundCheck> = IndexMap::new();
    for found in found {
        if let Some(first) = all.get(&found.check.id) {
            let message = format!("the check `{}` is here twice", found.check.name);
            let problem = Diagnostic::error(&rule::DUPLICATE_RESOURCE, message).at(found.check.origin.clone());
            let problem = problem.related(first.check.origin.clone(), "first here");
            problems.push(problem.hint("remove one of them, or give one a `name`"));
            continue;
        }
        all.insert(found.check.id.clone(), found);
    }
    all
}
