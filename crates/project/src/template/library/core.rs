//! dbt's own functions.

use ade_diagnostic::{did_you_mean, rule};

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::{Key, Value};
use crate::template::{CompileContext, RefUse, Reference, SourceUse, TemplateRelation};

use super::Native;

pub(super) const NATIVES: &[Native] = &[
    Native { module: "", name: "ref", call: reference },
    Native { module: "", name: "source", call: source },
    Native { module: "config", name: "", call: config },
    Native { module: "config", name: "get", call: config_get },
    Native { module: "config", name: "require", call: config_require },
    Native { module: "config", name: "set", call: |_, _| Ok(Value::from("")) },
    Native { module: "config", name: "persist_relation_docs", call: |_, _| Ok(Value::Bool(false)) },
    Native { module: "config", name: "persist_column_docs", call: |_, _| Ok(Value::Bool(false)) },
    Native { module: "var", name: "", call: var },
    Native { module: "var", name: "has_var", call: has_var },
    Native { module: "", name: "env_var", call: env_var },
    Native { module: "", name: "doc", call: doc },
    Native { module: "", name: "is_incremental", call: is_incremental },
    Native { module: "", name: "should_full_refresh", call: |interpreter, _| Ok(should_full_refresh(interpreter)) },
    Native { module: "", name: "return", call: return_value },
    Native { module: "", name: "log", call: log },
    Native { module: "", name: "print", call: print },
];

fn reference(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let version = args.named.iter().find(|(name, _)| matches!(&**name, "v" | "version"));
    let version = version.filter(|(_, value)| !matches!(value, Value::None)).map(|(_, value)| value.to_string());
    let other = args.named.iter().find(|(name, _)| !matches!(&**name, "v" | "version"));
    let texts: Option<Vec<&str>> = args.positional.iter().map(Value::as_str).collect();
    let (package, name) = match (texts.as_deref(), other) {
        (Some([name]), None) => (None, *name),
        (Some([package, name]), None) => (Some((*package).to_owned()), *name),
        _ => return Err(Raise::plain("`ref` takes a model's name, or a package's and a model's name, and `version=`")),
    };
    let reference = Reference { package, name: name.to_owned(), version };
    let location = interpreter.site();
    interpreter.uses.add_ref(RefUse { reference: reference.clone(), location, conditional: false });
    match interpreter.world {
        Some(world) => match world.reference(&reference) {
            Ok(relation) => Ok(Value::from(relation)),
            Err(error) => Err(Raise::lookup(&rule::UNKNOWN_REF, error)),
        },
        None => Ok(Value::from(placeholder(interpreter, &reference.name))),
    }
}

/// While the project is parsed, names stand for themselves.
fn placeholder(interpreter: &Interpreter<'_>, name: &str) -> TemplateRelation {
    TemplateRelation::new(interpreter.settings.target.schema.as_str(), name)
}

fn source(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [source, table] = args.bind("source", ["source_name", "table_name"], 2)?;
    let (Some(Value::Str(source)), Some(Value::Str(table))) = (source, table) else {
        return Err(Raise::plain("`source` takes the names of a source and of one of its tables"));
    };
    let (source, table) = (source.to_string(), table.to_string());
    let found =
        SourceUse { source: source.clone(), table: table.clone(), location: interpreter.site(), conditional: false };
    interpreter.uses.add_source(found);
    match interpreter.world {
        Some(world) => match world.source(&source, &table) {
            Ok(relation) => Ok(Value::from(relation)),
            Err(error) => Err(Raise::lookup(&rule::UNKNOWN_SOURCE, error)),
        },
        None => Ok(Value::from(TemplateRelation::new(source, table))),
    }
}

fn config(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let mut given = args.named.iter().map(|(key, value)| (key.to_string(), value.clone())).collect::<Vec<_>>();
    for value in &args.positional {
        let Value::Dict(entries) = value else {
            return Err(Raise::plain("`config` takes `key=value` arguments or one dictionary"));
        };
        given.extend(entries.borrow().iter().map(|(key, value)| (key.to_value().to_string(), value.clone())));
    }
    let location = interpreter.here();
    for (key, value) in given {
        let json = value.to_json();
        // With the world, the node's configuration has this call merged into it already.
        if interpreter.world.is_none() || !interpreter.config.contains_key(&key) {
            interpreter.config.insert(key.clone(), json.clone());
        }
        interpreter.uses.config.insert(key.clone(), json);
        interpreter.uses.config_locations.insert(key, location.clone());
    }
    Ok(Value::from(""))
}

fn config_get(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [name, default, _] = args.bind("config.get", ["name", "default", "validator"], 1)?;
    let name = name.unwrap_or(Value::None).to_string();
    match interpreter.config.get(&name) {
        Some(found) if !found.is_null() => Ok(Value::from_json(found)),
        _ => Ok(default.unwrap_or(Value::None)),
    }
}

fn config_require(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [name, _] = args.bind("config.require", ["name", "validator"], 1)?;
    let name = name.unwrap_or(Value::None).to_string();
    match interpreter.config.get(&name) {
        Some(found) => Ok(Value::from_json(found)),
        // What the project file says is not known yet while the project is parsed.
        None if interpreter.world.is_none() => Ok(Value::None),
        None => Err(Raise::plain(format!("the configuration `{name}` is required here and not set"))),
    }
}

fn var(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [name, default] = args.bind("var", ["var_name", "default"], 1)?;
    let name = name.unwrap_or(Value::None).to_string();
    interpreter.uses.vars.insert(name.clone());
    let vars = &interpreter.settings.vars;
    match (vars.get(&name), default) {
        (Some(found), _) => Ok(Value::from_json(found)),
        (None, Some(default)) => Ok(default),
        (None, None) => {
            let near = did_you_mean(&name, vars.keys().map(String::as_str));
            let set =
                format!("set it under `vars`, pass `--vars '{{{name}: …}}'`, or give it a default: `var('{name}', …)`");
            let message = format!("the variable `{name}` has no value");
            Err(Raise::of(&rule::UNDEFINED_VARIABLE, message, near.into_iter().chain([set])))
        }
    }
}

fn has_var(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [name] = args.bind("var.has_var", ["var_name"], 1)?;
    let name = name.unwrap_or(Value::None).to_string();
    interpreter.uses.vars.insert(name.clone());
    Ok(Value::Bool(interpreter.settings.vars.contains_key(&name)))
}

fn env_var(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [name, default] = args.bind("env_var", ["var", "default"], 1)?;
    let name = name.unwrap_or(Value::None).to_string();
    interpreter.uses.env_vars.insert(name.clone());
    match (interpreter.settings.env_vars.get(&name), default) {
        (Some(found), _) => Ok(Value::from(found.as_str())),
        (None, Some(default)) => Ok(Value::from(default.to_string())),
        (None, None) => {
            let message = format!("the environment variable `{name}` is not set");
            let hint = format!("set it, or give it a default: `env_var('{name}', '…')`");
            Err(Raise::of(&rule::UNDEFINED_ENVIRONMENT_VARIABLE, message, Some(hint)))
        }
    }
}

fn doc(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let (package, name) = match args.positional.as_slice() {
        [name] => (None, name.to_string()),
        [package, name] => (Some(package.to_string()), name.to_string()),
        _ => return Err(Raise::plain("`doc` takes the name of a `{% docs %}` block")),
    };
    interpreter.uses.docs.insert(name.clone());
    let Some(world) = interpreter.world else { return Ok(Value::from("")) };
    match world.document(package.as_deref(), &name) {
        Some(text) => Ok(Value::from(text)),
        None => Err(Raise::of(&rule::UNKNOWN_DOC, format!("there is no `docs` block `{name}`"), None)),
    }
}

fn is_incremental(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    args.bind("is_incremental", [], 0)?;
    Ok(Value::Bool(interpreter.world.is_some_and(CompileContext::is_incremental)))
}

fn should_full_refresh(interpreter: &Interpreter<'_>) -> Value {
    let own = interpreter.config.get("full_refresh").and_then(serde_json::Value::as_bool);
    Value::Bool(own.unwrap_or(interpreter.settings.full_refresh))
}

fn return_value(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [value] = args.bind("return", ["data"], 0)?;
    if !interpreter.in_macro() {
        return Err(Raise::plain("`return` stands outside of a macro"));
    }
    Err(Raise::Return(value.unwrap_or(Value::None)))
}

fn log(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [message, info] = args.bind("log", ["msg", "info"], 1)?;
    if info.is_some_and(|info| info.is_true()) {
        interpreter.messages.push(message.unwrap_or(Value::None).to_string());
    }
    Ok(Value::from(""))
}

fn print(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [message] = args.bind("print", ["msg"], 1)?;
    interpreter.messages.push(message.unwrap_or(Value::None).to_string());
    Ok(Value::from(""))
}

/// A dictionary's entry as text.
pub(super) fn entry(value: &Value, key: &str) -> Option<Value> {
    match value {
        Value::Dict(entries) => entries.borrow().get(&Key::from(key)).cloned(),
        _ => None,
    }
}
