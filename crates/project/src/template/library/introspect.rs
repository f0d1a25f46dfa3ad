//! Questions about what is in the lake.

use ade_diagnostic::rule;

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::Value;
use crate::template::{Column, TemplateRelation};

use super::Native;
use super::column::ColumnObject;

pub(super) const NATIVES: &[Native] = &[
    Native { module: "adapter", name: "get_relation", call: get_relation },
    Native { module: "adapter", name: "load_relation", call: load_relation },
    Native { module: "", name: "load_relation", call: load_relation },
    Native { module: "", name: "load_cached_relation", call: load_relation },
    Native { module: "adapter", name: "get_columns_in_relation", call: get_columns },
    Native { module: "", name: "get_columns_in_relation", call: get_columns },
    Native { module: "adapter", name: "check_schema_exists", call: |_, _| Ok(Value::Bool(true)) },
    Native { module: "adapter", name: "get_missing_columns", call: get_missing_columns },
    Native { module: "adapter", name: "already_exists", call: already_exists },
];

/// The relation as it is in the lake, if it is there.
pub(super) fn existing(interpreter: &mut Interpreter<'_>, relation: &TemplateRelation) -> Outcome {
    interpreter.uses.introspects = true;
    match interpreter.world.map(|world| world.existing(relation)) {
        None | Some(Ok(None)) => Ok(Value::None),
        Some(Ok(Some(found))) => Ok(Value::from(found)),
        Some(Err(error)) => Err(Raise::lookup(&rule::TEMPLATE_ERROR, error)),
    }
}

/// The columns of a relation; none while the project is parsed.
pub(super) fn columns(interpreter: &mut Interpreter<'_>, relation: &Value) -> Outcome<Vec<Column>> {
    interpreter.uses.introspects = true;
    let Value::Relation(relation) = relation else {
        let message =
            format!("columns are asked of {}; pass a relation, for instance `ref('orders')`", relation.type_name());
        return Err(Raise::plain(message));
    };
    match interpreter.world.map(|world| world.columns(relation)) {
        None => Ok(Vec::new()),
        Some(Ok(columns)) => Ok(columns),
        Some(Err(error)) => Err(Raise::lookup(&rule::TEMPLATE_ERROR, error)),
    }
}

fn get_relation(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [database, schema, identifier] = args.bind("adapter.get_relation", ["database", "schema", "identifier"], 0)?;
    let relation = TemplateRelation {
        database: Args::text(database).filter(|database| !database.is_empty()),
        ..TemplateRelation::new(Args::text(schema).unwrap_or_default(), Args::text(identifier).unwrap_or_default())
    };
    existing(interpreter, &relation)
}

fn load_relation(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [relation] = args.bind("load_relation", ["relation"], 1)?;
    match relation {
        Some(Value::Relation(relation)) => existing(interpreter, &relation),
        _ => Ok(Value::None),
    }
}

fn get_columns(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [relation] = args.bind("adapter.get_columns_in_relation", ["relation"], 1)?;
    let found = columns(interpreter, &relation.unwrap_or(Value::None))?;
    Ok(Value::list(found.into_iter().map(|column| Value::object(ColumnObject(column)))))
}

fn get_missing_columns(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [from, to] = args.bind("adapter.get_missing_columns", ["from_relation", "to_relation"], 2)?;
    let there = columns(interpreter, &to.unwrap_or(Value::None))?;
    let found = columns(interpreter, &from.unwrap_or(Value::None))?;
    let missing = found.into_iter().filter(|column| !there.iter().any(|known| known.name == column.name));
    Ok(Value::list(missing.map(|column| Value::object(ColumnObject(column)))))
}

fn already_exists(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [schema, identifier] = args.bind("adapter.already_exists", ["schema", "identifier"], 2)?;
    let (schema, identifier) = (Args::text(schema).unwrap_or_default(), Args::text(identifier).unwrap_or_default());
    existing(interpreter, &TemplateRelation::new(schema, identifier)).map(|found| Value::Bool(found.is_true()))
}
