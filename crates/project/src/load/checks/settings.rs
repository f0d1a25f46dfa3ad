//! How a check is carried out.

use ade_diagnostic::{Diagnostic, Diagnostics, Location, rule};

use super::Context;
use crate::file::{CheckConfig, StoreFailuresAs};
use crate::load::columns;
use crate::load::config::Config;
use crate::load::unheld;
use crate::resource::{Check, CheckKind, Threshold};
use crate::yaml::Spanned;
use crate::{NodeId, Relation};

/// Own schema of tables with failing rows: dbt's.
const FAILURES_SCHEMA: &str = "dbt_test__audit";

/// A check without target and description.
#[expect(clippy::too_many_arguments, reason = "each is a part of the check")]
pub(super) fn resolve(
    id: NodeId,
    name: String,
    short_name: &str,
    kind: CheckKind,
    fqn: Vec<String>,
    config: &Config,
    origin: Location,
    context: &Context<'_>,
    problems: &mut Diagnostics,
) -> Check {
    let says: CheckConfig = config.decode(problems);
    unheld::config(config, problems);
    let mut threshold = |key: &str, text: Option<&Spanned<String>>| {
        let Some(text) = text else { return Threshold::default() };
        Threshold::parse(&text.value).unwrap_or_else(|| {
            let message = format!("`{}` is not a comparison with a number of failing rows", text.value);
            let at = config.value_location(key).unwrap_or_else(|| origin.clone());
            let problem = Diagnostic::error(&rule::INVALID_THRESHOLD, message).at(at);
            problems.push(problem.hint("write for instance `\"> 10\"` or `\"!= 0\"`"));
            Threshold::default()
        })
    };
    let (warn_if, error_if) =
        (threshold("warn_if", says.warn_if.as_ref()), threshold("error_if", says.error_if.as_ref()));
    let stored_as = says.store_failures_as.map(|stored| stored.value != StoreFailuresAs::Ephemeral);
    Check {
        failures: failures(says.schema.as_deref(), says.alias.as_deref(), short_name, context),
        id,
        name,
        kind,
        target: None,
        severity: says.severity.map(|severity| severity.value).unwrap_or_default(),
        warn_if,
        error_if,
        fail_calc: says.fail_calc.unwrap_or_else(|| "count(*)".to_owned()),
        filter: says.r#where,
        limit: says.limit,
        store_failures: stored_as.or(says.store_failures),
        description: String::new(),
        tags: says.tags.0,
        meta: columns::meta(says.meta.as_ref()),
        fqn,
        config: config.to_json(),
        origin,
    }
}

/// The table that failing rows of a check are kept in.
pub(super) fn failures(schema: Option<&str>, alias: Option<&str>, short_name: &str, context: &Context<'_>) -> Relation {
    let schema = context.environment.base_schema(Some(schema.unwrap_or(FAILURES_SCHEMA)));
    context.environment.relation(&schema, alias.unwrap_or(short_name))
}
