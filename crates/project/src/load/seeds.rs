//! Seeds: CSV files and what YAML and folders say about them.

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};
use serde_json::{Map, Value, json};

use super::columns;
use super::config::{self, Config};
use super::context::{self, Context, stem_of};
use super::declarations::Declared;
use super::report;
use super::root_files::{check_file_name, text, warn_of_quotes};
use super::unheld::{self, Holder};
use crate::file::{SeedConfig, SeedDeclaration};
use crate::resource::Seed;
use crate::template::{NodeContext, TemplateRelation};
use crate::yaml::Entry;
use crate::{NodeId, NodeKind};

/// A CSV file, as far as the project reads it.
#[derive(Debug)]
pub(super) struct SeedFile {
    pub(super) path: String,
    pub(super) content_hash: [u8; 32],
    /// The first line, without its line break.
    pub(super) header: String,
}

/// Resolves one seed; `Err` says where it is switched off.
pub(super) fn resolve(
    file: &SeedFile,
    declared: Option<&Declared<SeedDeclaration>>,
    context: &Context<'_>,
    problems: &mut Diagnostics,
) -> Result<Seed, Location> {
    let name = stem_of(&file.path);
    let top = || SourceFile::new(&file.path, &file.header).top();
    check_file_name("seed", name, top, problems);
    let fqn = context.fqn(&file.path, &[name]);
    let mut config = context.seeds.config(&fqn);
    if let Some(declared) = declared {
        lay_declared(declared, &mut config);
    }
    if !config.is_enabled() {
        return Err(config.key("enabled").cloned().unwrap_or_else(top));
    }
    let decoded: SeedConfig = config.decode(problems);
    let columns = declared.map_or_else(Vec::new, |declared| {
        columns::resolve(&declared.file, &declared.says.columns, &[], context.docs, problems)
    });
    unheld::config(&config, problems);
    if let Some(declared) = declared {
        unheld::promises(&declared.file, &declared.says.columns, &[], Holder::Nothing, problems);
    }
    if decoded.contract.as_ref().and_then(|contract| contract.enforced) == Some(true) {
        let problem = Diagnostic::error(&rule::UNSUPPORTED, "a seed has no contract: its types are in `column_types`");
        let at = config.key("contract").cloned().unwrap_or_else(top);
        problems.push(problem.at(at).hint("remove `contract`, and add data tests such as `not_null`"));
    }
    let description = declared.map_or_else(String::new, |declared| {
        context.docs.resolve(&declared.file, declared.says.description.as_ref(), problems)
    });
    let (schema, alias) = (text(decoded.schema.as_ref()), text(decoded.alias.as_ref()));
    let node = node_context(name, &fqn, &config, context);
    let relation = context.relation(name, schema, alias, &node, problems);
    report::unusable_relation("a seed", &relation, true, &config, top, problems);
    if alias.is_none() {
        warn_of_quotes(&relation, top, problems);
    }
    let delimiter = delimiter(&decoded, &config, problems);
    report_column_types(file, &decoded, delimiter, &config, problems);
    let own_group = decoded.group.as_ref().or(declared.and_then(|declared| declared.says.group.as_ref()));
    let group = own_group.map(|group| group.value.clone());
    let owner = decoded.owner.as_ref().or(declared.and_then(|declared| declared.says.owner.as_ref()));
    let owner = context.owner(owner, group.as_deref());
    let column_types = decoded.column_types.unwrap_or_default();
    Ok(Seed {
        id: NodeId::new(NodeKind::Seed, &[context.project, name]),
        name: name.to_owned(),
        path: file.path.clone(),
        content_hash: file.content_hash,
        fqn,
        relation,
        column_types: column_types.into_iter().map(|(column, data_type)| (column, data_type.value)).collect(),
        delimiter,
        quote_columns: decoded.quote_columns,
        columns,
        pre_hooks: config.pre_hooks(),
        post_hooks: config.post_hooks(),
        description,
        tags: decoded.tags.0,
        meta: columns::meta(decoded.meta.as_ref()),
        owner,
        config: config.to_json(),
        properties: declared.map(|declared| declared.file.location(declared.says.name.span)),
    })
}

fn lay_declared(declared: &Declared<SeedDeclaration>, config: &mut Config) {
    let (file, says) = (&declared.file, &declared.says);
    if !says.tags.is_empty() {
        config.lay(file, &[config::entry("tags", context::texts(&says.tags, says.name.span))]);
    }
    config.lay(file, &says.meta.iter().map(|meta| config::entry("meta", meta.clone())).collect::<Vec<Entry>>());
    config.lay(file, config::entries(says.config.as_ref()));
}

fn node_context(name: &str, fqn: &[String], config: &Config, context: &Context<'_>) -> NodeContext {
    let id = NodeId::new(NodeKind::Seed, &[context.project, name]);
    let config = config.to_json();
    let about = json!({
        "unique_id": id.as_str(), "name": name, "resource_type": "seed", "package_name": context.project, "fqn": fqn,
        "config": &config,
    });
    let relation = context.environment.relation(&context.environment.base_schema(None), name);
    NodeContext {
        this: Some(TemplateRelation::new(relation.schema, relation.table)),
        config,
        model: match about {
            Value::Object(about) => about,
            _ => Map::new(),
        },
    }
}

fn delimiter(says: &SeedConfig, config: &Config, problems: &mut Diagnostics) -> char {
    let Some(declared) = &says.delimiter else { return ',' };
    let text = if declared.value == "\\t" { "\t" } else { declared.value.as_str() };
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) if only.is_ascii() => only,
        _ => {
            let problem = Diagnostic::error(&rule::INVALID_SEED, "a delimiter is one ASCII character");
            problems.push(match config.value_location("delimiter") {
                Some(at) => problem.at(at),
                None => problem,
            });
            ','
        }
    }
}

/// `column_types` of columns that the file does not have.
fn report_column_types(
    file: &SeedFile,
    says: &SeedConfig,
    delimiter: char,
    config: &Config,
    problems: &mut Diagnostics,
) {
    let header = file.header.trim_start_matches('\u{feff}').split(delimiter);
    let columns: Vec<&str> = header.map(|name| name.trim().trim_matches('"')).collect();
    for (name, data_type) in says.column_types.iter().flatten() {
        if columns.iter().any(|column| column.eq_ignore_ascii_case(name)) {
            continue;
        }
        let message = format!("`column_types` names the column `{name}`, which `{}` does not have", file.path);
        let problem = Diagnostic::error(&rule::INVALID_SEED, message).suggestion(name, columns.iter().copied());
        let holder = config.key("column_types").map(|key| key.file().location(data_type.span));
        problems.push(match holder {
            Some(at) => problem.at(at),
            None => problem,
        });
    }
}
