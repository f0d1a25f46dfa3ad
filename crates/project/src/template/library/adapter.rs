//! `adapter.…` and `api.…`.

use std::sync::Arc;

use ade_diagnostic::{did_you_mean, rule};

use crate::template::interpret::{Args, Function, Interpreter, Outcome, Raise};
use crate::template::template_relation::quote_identifier;
use crate::template::value::Value;
use crate::template::{Column, TemplateRelation};

use super::column::ColumnObject;
use super::{Native, native};

pub(super) const NATIVES: &[Native] = &[
    Native { module: "adapter", name: "dispatch", call: dispatch },
    Native { module: "adapter", name: "quote", call: quote },
    Native { module: "adapter", name: "quote_as_configured", call: quote },
    Native {
        module: "adapter",
        name: "type",
        call: |interpreter, _| Ok(Value::from(interpreter.settings.target.kind.as_str())),
    },
    Native { module: "adapter", name: "create_schema", call: |_, _| Ok(Value::from("")) },
    Native { module: "adapter", name: "drop_relation", call: forbidden },
    Native { module: "adapter", name: "rename_relation", call: forbidden },
    Native { module: "adapter", name: "truncate_relation", call: forbidden },
    Native { module: "api.Relation", name: "create", call: create_relation },
    Native { module: "api.Column", name: "create", call: create_column },
    Native {
        module: "api.Column",
        name: "translate_type",
        call: |_, args| Ok(args.positional.first().cloned().unwrap_or(Value::None)),
    },
];

/// The macro for this target; a built-in one when neither project nor package has any.
fn dispatch(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [name, namespace, _] = args.bind("adapter.dispatch", ["macro_name", "macro_namespace", "packages"], 1)?;
    let name = name.unwrap_or(Value::None).to_string();
    let namespace = Args::text(namespace);
    let kind = interpreter.settings.target.kind.as_str();
    if let Some(found) = interpreter.set.dispatch(kind, &name, namespace.as_deref()) {
        return Ok(Value::Function(Function::Macro(Arc::clone(found))));
    }
    let modules = [namespace.as_deref().unwrap_or("dbt"), "dbt", "dbt_utils", ""];
    if let Some(native) = modules.into_iter().find_map(|module| native::find(module, &name)) {
        return Ok(Value::Function(Function::Native(native)));
    }
    let names: Vec<&str> = interpreter.set.names(namespace.as_deref().unwrap_or_default()).collect();
    let wanted = format!("default__{name}");
    let message = format!("`adapter.dispatch` finds no macro for `{name}`: neither `{kind}__{name}` nor `{wanted}`");
    Err(Raise::of(&rule::UNDEFINED_NAME, message, did_you_mean(&wanted, names)))
}

fn quote(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [identifier, _] = args.bind("adapter.quote", ["identifier", "quote_key"], 1)?;
    Ok(Value::from(quote_identifier(&identifier.unwrap_or(Value::None).to_string())))
}

fn forbidden(_: &mut Interpreter<'_>, _: &Args) -> Outcome {
    Err(Raise::plain("templates cannot change the lake; tables change only by a build, after their checks"))
}

fn create_relation(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let names = ["database", "schema", "identifier", "type", "quote_policy"];
    let [database, schema, identifier, kind, _] = args.bind("api.Relation.create", names, 0)?;
    Ok(Value::from(TemplateRelation {
        database: Args::text(database).filter(|database| !database.is_empty()),
        schema: Args::text(schema),
        identifier: Args::text(identifier).unwrap_or_default(),
        kind: super::relation::kind_of(&kind.unwrap_or(Value::None)),
    }))
}

fn create_column(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [name, kind] = args.bind("api.Column.create", ["name", "label_or_dtype"], 2)?;
    let column = Column { name: Args::text(name).unwrap_or_default(), data_type: Args::text(kind).unwrap_or_default() };
    Ok(Value::object(ColumnObject(column)))
}
