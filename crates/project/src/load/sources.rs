//! Source tables.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};
use indexmap::IndexMap;

use super::checks::CheckSite;
use super::columns;
use super::config;
use super::context::{self, Context};
use super::declarations::Declared;
use super::drift;
use super::events;
use super::ingest;
use super::max_rejects;
use super::names::Names;
use super::privacy::check_class;
use super::report;
use super::root_files::text;
use super::row_rules;
use super::unheld::{self, Holder};
use crate::file::{FreshnessDeclaration, Inherited, SourceConfig, SourceDeclaration, TableDeclaration};
use crate::resource::{Freshness, FreshnessThreshold, SourceTable};
use crate::yaml::{Entry, Spanned};
use crate::{NodeId, NodeKind};

/// All source tables, their names, and where their checks stand.
pub(super) fn resolve<'d>(
    declared: &'d [Declared<SourceDeclaration>],
    context: &Context<'_>,
    names: &mut Names,
    problems: &mut Diagnostics,
) -> (IndexMap<NodeId, SourceTable>, Vec<CheckSite<'d>>) {
    let (mut tables, mut sites) = (IndexMap::new(), Vec::new());
    for source in declared {
        report_source(source, context, problems);
        for table in source.says.tables.iter() {
            let origin = source.file.location(table.name.span);
            let (source_name, name) = (&source.says.name.value, &table.name.value);
            let Some(resolved) = one(source, table, context, problems) else {
                names.add_disabled_source(source_name, name, origin);
                continue;
            };
            names.add_source(source_name, name, resolved.id.clone(), resolved.relation.clone());
            if let Some(first) = tables.get(&resolved.id) {
                let first: &SourceTable = first;
                let message = format!("the source table `{source_name}.{name}` is declared twice");
                let problem = Diagnostic::error(&rule::DUPLICATE_RESOURCE, message).at(origin);
                problems.push(problem.related(first.origin.clone(), "first here"));
                continue;
            }
            sites.push(CheckSite {
                file: &source.file,
                node: resolved.id.clone(),
                relation: resolved.relation.clone(),
                prefix: "source_",
                title: format!("{source_name}_{name}"),
                tests: [&table.data_tests.0, &table.tests.0],
                columns: &table.columns,
            });
            tables.insert(resolved.id.clone(), resolved);
        }
    }
    (tables, sites)
}

fn report_source(source: &Declared<SourceDeclaration>, context: &Context<'_>, problems: &mut Diagnostics) {
    if let Some(connection) = &source.says.connection
        && !context.connections.contains_key(&connection.value)
    {
        let message = format!("there is no connection `{}`", connection.value);
        let problem = Diagnostic::error(&rule::UNKNOWN_CONNECTION, message).at(source.file.location(connection.span));
        let known = context.connections.keys().map(String::as_str);
        let problem = problem.suggestion(&connection.value, known);
        problems.push(if context.connections.is_empty() {
            problem.hint("declare it under `connections` in `ade.yml`")
        } else {
            problem
        });
    }
}

fn one(
    source: &Declared<SourceDeclaration>,
    table: &TableDeclaration,
    context: &Context<'_>,
    problems: &mut Diagnostics,
) -> Option<SourceTable> {
    let (file, says) = (&source.file, &source.says);
    let fqn = context.fqn(file.path(), &[&says.name.value, &table.name.value]);
    let mut config = context.sources.config(&fqn);
    config.lay(file, &layer(&says.tags, says.meta.as_ref(), says.name.span));
    config.lay(file, config::entries(says.config.as_ref()));
    config.lay(file, &layer(&table.tags, table.meta.as_ref(), table.name.span));
    config.lay(file, config::entries(table.config.as_ref()));
    if !config.is_enabled() {
        return None;
    }
    let decoded: SourceConfig = config.decode(problems);
    let schema = text(decoded.schema.as_ref()).or(text(says.schema.as_ref())).unwrap_or(&says.name.value);
    let name = text(table.identifier.as_ref()).unwrap_or(&table.name.value);
    let origin = file.location(table.name.span);
    let listed = events::columns_of(says, table);
    let columns = columns::resolve(file, &listed, &[], context.docs, problems);
    unheld::promises(file, &table.columns, &[], Holder::Source, problems);
    for privacy in columns.iter().filter_map(|column| column.privacy.as_ref()) {
        if let Some(class) = &privacy.class {
            check_class(context.privacy, class, &privacy.origin, problems);
        }
    }
    let connection = says.connection.as_ref().map(|connection| connection.value.clone());
    let ingest = ingest::resolve(file, table, connection.as_deref(), context.connections, &columns, problems);
    let rows = row_rules::resolve(file, table, ingest.as_ref(), problems);
    let relation = context.environment.relation(schema, name);
    // What is only read may be the program's own.
    if connection.is_some() {
        report::unusable_relation("a source table", &relation, true, &config, || origin.clone(), problems);
    }
    let mut resolved = SourceTable {
        id: NodeId::new(NodeKind::Source, &[context.project, &says.name.value, &table.name.value]),
        source: says.name.value.clone(),
        name: table.name.value.clone(),
        relation,
        connection,
        ingest,
        contract_enforced: table.contract.as_ref().and_then(|contract| contract.enforced).unwrap_or(false),
        columns,
        drift: drift::resolve(file, says, table, problems),
        max_rejects: max_rejects::resolve(file, says, table, problems),
        rows: rows.rules,
        deleted: rows.deleted,
        on_delete: rows.on_delete,
        freshness: freshness(file, says, table, &decoded, problems),
        description: context.docs.resolve(file, table.description.as_ref(), problems),
        tags: decoded.tags.0.clone(),
        meta: columns::meta(decoded.meta.as_ref()),
        owner: context.owner(table.owner.as_ref().or(says.owner.as_ref()), None),
        config: config.to_json(),
        origin,
        path: file.path().to_owned(),
        fqn,
    };
    if events::is_collected(says, context) {
        events::with_defaults(says, table, &mut resolved, problems);
    }
    Some(resolved)
}

/// `tags:` and `meta:` beside `config:`.
fn layer(
    tags: &crate::file::OneOrMany<String>,
    meta: Option<&crate::yaml::Node>,
    at: ade_diagnostic::Span,
) -> Vec<Entry> {
    let tags = (!tags.is_empty()).then(|| config::entry("tags", context::texts(tags, at)));
    tags.into_iter().chain(meta.map(|meta| config::entry("meta", meta.clone()))).collect()
}

fn freshness(
    file: &Arc<SourceFile>,
    source: &SourceDeclaration,
    table: &TableDeclaration,
    config: &SourceConfig,
    problems: &mut Diagnostics,
) -> Option<Freshness> {
    let queries = [&table.loaded_at_query, &source.loaded_at_query, &config.loaded_at_query];
    if let Some(query) = queries.into_iter().flatten().next() {
        let problem =
            Diagnostic::error(&rule::UNSUPPORTED, "`loaded_at_query` is not supported").at(place(file, query));
        problems.push(problem.hint("use `loaded_at_field`, which may be an SQL expression"));
    }
    let declared = table.freshness.clone().or(config.freshness.clone()).or(source.freshness.clone());
    let declared: FreshnessDeclaration = match declared {
        Inherited::Own(declared) => declared,
        Inherited::Yes | Inherited::Off => return None,
    };
    let limit = |limit: Option<crate::file::FreshnessLimit>| Some(FreshnessThreshold { age: limit?.age()? });
    let loaded_at =
        [&table.loaded_at_field, &config.loaded_at_field, &source.loaded_at_field].into_iter().flatten().next();
    let (warn_after, error_after) = (limit(declared.warn_after), limit(declared.error_after));
    (warn_after.is_some() || error_after.is_some()).then(|| Freshness {
        warn_after,
        error_after,
        loaded_at: loaded_at.map(|field| field.value.clone()),
        filter: declared.filter,
    })
}

fn place(file: &Arc<SourceFile>, text: &Spanned<String>) -> Location {
    file.location(text.span)
}
