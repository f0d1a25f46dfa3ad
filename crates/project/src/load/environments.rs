//! `environments:` and `default_environment:`.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};
use indexmap::IndexMap;

use super::root_files::{Root, check_name, decode_checked};
use super::setting;
use crate::Setting;
use crate::file::{AdeFile, EnvironmentDeclaration};
use crate::resource::{CustomSchema, Environment};
use crate::yaml::Spanned;

/// All environments and the name of the chosen one; a project that declares none has `dev`.
pub(super) fn resolve(
    ade: Option<&Root<AdeFile>>,
    asked: Option<&str>,
    problems: &mut Diagnostics,
) -> (IndexMap<String, Environment>, String) {
    let mut environments = IndexMap::new();
    if let Some((file, declared)) =
        ade.and_then(|root| Some((&root.file, root.says.environments.as_ref()?.as_mapping()?)))
    {
        for entry in declared.entries() {
            let declaration: Option<EnvironmentDeclaration> = decode_checked(file, &entry.value, problems);
            let origin = file.location(entry.key_span);
            let environment = environment(file, &entry.key, &declaration.unwrap_or_default(), origin, problems);
            environments.insert(entry.key.clone(), environment);
        }
    }
    if environments.is_empty() {
        environments.insert("dev".to_owned(), default_environment());
    }
    report_overlaps(&environments, problems);
    let default = ade.and_then(|root| Some((&root.file, root.says.default_environment.as_ref()?)));
    let chosen = choose(&environments, asked, default, problems);
    (environments, chosen)
}

fn default_environment() -> Environment {
    Environment {
        name: "dev".to_owned(),
        lake: Setting::text("lake"),
        schema: "main".to_owned(),
        schema_prefix: String::new(),
        custom_schema: CustomSchema::Append,
        origin: None,
    }
}

fn environment(
    file: &Arc<SourceFile>,
    name: &str,
    declared: &EnvironmentDeclaration,
    origin: Location,
    problems: &mut Diagnostics,
) -> Environment {
    let default = default_environment();
    check_name("environment", name, || origin.clone(), problems);
    let mut part = |what: &str, value: Option<&Spanned<String>>, default: String| match value {
        Some(value) => {
            if !value.value.is_empty() {
                check_name(what, &value.value, || file.location(value.span), problems);
            }
            value.value.clone()
        }
        None => default,
    };
    let schema = part("schema", declared.schema.as_ref(), default.schema);
    let schema_prefix = part("schema", declared.schema_prefix.as_ref(), default.schema_prefix);
    let lake = match &declared.lake {
        Some(lake) => setting::text(file, &lake.value, lake.span, problems),
        None => default.lake,
    };
    Environment {
        name: name.to_owned(),
        lake,
        schema,
        schema_prefix,
        custom_schema: declared.custom_schema.unwrap_or_default(),
        origin: Some(origin),
    }
}

/// Two environments of one lake must differ in their prefix: sources land in schemas that have nothing else of the
/// environment in their name, and schemas of models can meet those of another environment.
fn report_overlaps(environments: &IndexMap<String, Environment>, problems: &mut Diagnostics) {
    for (at, second) in environments.values().enumerate() {
        for first in environments.values().take(at) {
            if first.lake != second.lake || first.schema_prefix != second.schema_prefix {
                continue;
            }
            let message =
                format!("the environments `{}` and `{}` would write the same tables", first.name, second.name);
            let mut problem = Diagnostic::error(&rule::ENVIRONMENTS_OVERLAP, message)
                .hint(format!("give `{}` a `schema_prefix` or a `lake` of its own", second.name))
                .note(match second.schema_prefix.as_str() {
                    "" => format!("both use the lake `{}` and no schema prefix", second.lake),
                    prefix => format!("both use the lake `{}` and the schema prefix `{prefix}`", second.lake),
                });
            if let Some(origin) = &second.origin {
                problem = problem.at(origin.clone());
            }
            if let Some(origin) = &first.origin {
                problem = problem.related(origin.clone(), "the other environment");
            }
            problems.push(problem);
        }
    }
}

fn choose(
    environments: &IndexMap<String, Environment>,
    asked: Option<&str>,
    default: Option<(&Arc<SourceFile>, &Spanned<String>)>,
    problems: &mut Diagnostics,
) -> String {
    let unknown = |name: &str| {
        let known = environments.keys().map(String::as_str);
        let message = format!("there is no environment `{name}`");
        let known_list = environments.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let problem = Diagnostic::error(&rule::UNKNOWN_ENVIRONMENT, message).suggestion(name, known);
        problem.note(format!("environments of this project: {known_list}"))
    };
    if let Some((file, default)) = default
        && !environments.contains_key(&default.value)
    {
        problems.push(unknown(&default.value).at(file.location(default.span)));
    }
    if let Some(asked) = asked {
        if environments.contains_key(asked) {
            return asked.to_owned();
        }
        problems.push(unknown(asked));
    }
    let default = default.map(|(_, default)| &default.value).filter(|name| environments.contains_key(*name));
    default.or(environments.keys().next()).cloned().unwrap_or_default()
}
