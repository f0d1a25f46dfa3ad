//! Plain names: values such as `target`, and functions.

use std::sync::Arc;

use crate::template::interpret::{Function, Interpreter};
use crate::template::value::Value;

use super::{Time, native};

/// Names with a value.
pub(super) const VALUES: [&str; 21] = [
    "this",
    "model",
    "target",
    "flags",
    "execute",
    "invocation_id",
    "run_started_at",
    "project_name",
    "dbt_version",
    "graph",
    "schema",
    "database",
    "pre_hooks",
    "post_hooks",
    "thread_id",
    "selected_resources",
    "invocation_args_dict",
    "dbt_metadata_envs",
    "sql",
    "connection_name",
    "compiled_code",
];

/// The value of a name that no macro has.
pub(crate) fn global(interpreter: &mut Interpreter<'_>, name: &str) -> Option<Value> {
    if let Some(native) = native::find("", name) {
        return Some(Value::Function(Function::Native(native)));
    }
    let settings = interpreter.settings;
    let target = &settings.target;
    Some(match name {
        "this" => match &interpreter.node.this {
            Some(this) => Value::from(this.clone()),
            None => return None,
        },
        "model" => Value::from_map(&interpreter.node.model),
        "target" => Value::record([
            ("name", Value::from(target.name.as_str())),
            ("target_name", Value::from(target.name.as_str())),
            ("schema", Value::from(target.schema.as_str())),
            ("database", Value::from(target.database.as_str())),
            ("dbname", Value::from(target.database.as_str())),
            ("type", Value::from(target.kind.as_str())),
            ("profile_name", Value::from(target.profile_name.as_str())),
            ("threads", Value::from(target.threads)),
        ]),
        "flags" => Value::record([
            ("FULL_REFRESH", Value::Bool(settings.full_refresh)),
            ("STORE_FAILURES", Value::Bool(false)),
            ("WHICH", Value::from("build")),
            ("INTROSPECT", Value::Bool(true)),
        ]),
        "execute" => Value::Bool(interpreter.world.is_some()),
        "invocation_id" => {
            interpreter.uses.volatile = true;
            Value::from(settings.invocation_id.as_str())
        }
        "run_started_at" => {
            interpreter.uses.volatile = true;
            Value::object(Time::utc(settings.run_started_at))
        }
        "project_name" => Value::from(settings.project_name.as_str()),
        "dbt_version" => Value::from("1.11.0"),
        "graph" => Value::record([
            ("nodes", Value::dict([])),
            ("sources", Value::dict([])),
            ("exposures", Value::dict([])),
            ("metrics", Value::dict([])),
        ]),
        "schema" => Value::from(target.schema.as_str()),
        "database" => Value::from(target.database.as_str()),
        "pre_hooks" | "post_hooks" | "selected_resources" => Value::list([]),
        "thread_id" => Value::from("main"),
        "invocation_args_dict" | "dbt_metadata_envs" => Value::dict([]),
        module if native::is_module(module) => Value::Module(Arc::from(module)),
        package if interpreter.set.has_package(package) => Value::Module(Arc::from(package)),
        name => return interpreter.world?.value(name).map(|value| Value::from_json(&value)),
    })
}

/// Whether a plain name is known.
pub(crate) fn is_global(name: &str) -> bool {
    native::find("", name).is_some() || VALUES.contains(&name) || native::is_module(name)
}

/// `module.name` where no macro has the name.
pub(crate) fn module_attribute(interpreter: &mut Interpreter<'_>, module: &str, name: &str) -> Option<Value> {
    match (module, name) {
        ("context", _) => return interpreter.global(name),
        ("builtins", _) => return global(interpreter, name),
        ("modules.re", _) => {
            if let Some(flag) = super::python_modules::flag(name) {
                return Some(flag);
            }
        }
        _ => {}
    }
    if let Some(native) = native::find(module, name) {
        return Some(Value::Function(Function::Native(native)));
    }
    let inner = format!("{module}.{name}");
    native::is_module(&inner).then(|| Value::Module(Arc::from(inner)))
}
