//! The register of built-in functions.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::template::interpret::{Args, Interpreter, Outcome};

use super::{adapter, ade, core, dbt, dbt_utils, exceptions, functions, introspect, python_modules, query};

/// A built-in function.
pub(crate) struct Native {
    /// The object it belongs to (`adapter`, `dbt`, `modules.datetime`); empty for plain functions.
    pub(crate) module: &'static str,
    /// Its name; empty when the object itself is called (`config(…)`).
    pub(crate) name: &'static str,
    pub(crate) call: fn(&mut Interpreter<'_>, &Args) -> Outcome,
}

/// All built-in functions, by topic.
const NATIVES: [&[Native]; 11] = [
    core::NATIVES,
    query::NATIVES,
    introspect::NATIVES,
    adapter::NATIVES,
    exceptions::NATIVES,
    functions::NATIVES,
    python_modules::NATIVES,
    dbt::NATIVES,
    dbt_utils::NATIVES,
    super::date_sql::NATIVES,
    ade::NATIVES,
];

static INDEX: LazyLock<HashMap<(&str, &str), &Native>> =
    LazyLock::new(|| NATIVES.into_iter().flatten().map(|native| ((native.module, native.name), native)).collect());

/// Every object and every group inside one: `modules` as well as `modules.datetime`.
static MODULES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let all = NATIVES.into_iter().flatten().map(|native| native.module).filter(|module| !module.is_empty());
    let mut modules: BTreeSet<&str> =
        all.flat_map(|module| module.match_indices('.').map(|(at, _)| &module[..at]).chain([module])).collect();
    modules.extend(["builtins", "context"]);
    modules
});

/// A function by its place.
pub(super) fn find(module: &str, name: &str) -> Option<&'static Native> {
    let module = if matches!(module, "builtins" | "context") { "" } else { module };
    INDEX.get(&(module, name)).copied()
}

/// What calling an object itself means.
pub(crate) fn callable(module: &str) -> Option<&'static Native> {
    if module.is_empty() { None } else { find(module, "") }
}

/// Whether the object is known.
pub(crate) fn is_module(module: &str) -> bool {
    MODULES.contains(module)
}

/// Whether a known object has a function or a group of that name.
pub(crate) fn has_attribute(module: &str, name: &str) -> bool {
    find(module, name).is_some() || is_module(&format!("{module}.{name}")) || (module == "builtins" && is_module(name))
}

/// The names in an object; without one, all plain names.
pub(crate) fn names(module: &str) -> impl Iterator<Item = &'static str> {
    let plain = module.is_empty() || matches!(module, "builtins" | "context");
    let wanted = if plain { String::new() } else { module.to_owned() };
    let functions =
        NATIVES.into_iter().flatten().filter(move |native| native.module == wanted).map(|native| native.name);
    let objects = MODULES.iter().copied().filter(move |module| plain && !module.contains('.'));
    let values = super::global::VALUES.iter().copied().filter(move |_| plain);
    functions.filter(|name| !name.is_empty()).chain(objects).chain(values)
}
