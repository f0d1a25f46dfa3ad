//! Python's and Jinja's functions.

use std::sync::Arc;

use ade_diagnostic::{Diagnostics, SourceFile};
use md5::{Digest, Md5};
use serde_json::Value as Json;

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::{Key, Value};

use super::Native;
use super::cycle::{cycler, joiner};
use super::namespace::Namespace;

pub(super) const NATIVES: &[Native] = &[
    Native { module: "", name: "range", call: range },
    Native { module: "", name: "zip", call: zip },
    Native { module: "", name: "zip_strict", call: zip },
    Native { module: "", name: "set", call: set },
    Native { module: "", name: "set_strict", call: set },
    Native { module: "", name: "dict", call: dict },
    Native { module: "", name: "namespace", call: |_, args| Ok(namespace(args)) },
    Native { module: "", name: "cycler", call: cycler },
    Native { module: "", name: "joiner", call: joiner },
    Native { module: "", name: "tojson", call: to_json },
    Native { module: "", name: "fromjson", call: from_json },
    Native { module: "", name: "toyaml", call: to_json },
    Native { module: "", name: "fromyaml", call: from_yaml },
    Native { module: "", name: "local_md5", call: local_md5 },
];

fn range(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [start, stop, step] = args.bind("range", ["start", "stop", "step"], 1)?;
    let whole = |value: &Option<Value>| match value {
        Some(value) => {
            value.as_int().ok_or_else(|| Raise::plain(format!("`range` takes integers, not {}", value.type_name())))
        }
        None => Ok(1),
    };
    let (start, stop) = match &stop {
        None => (0, whole(&start)?),
        Some(_) => (whole(&start)?, whole(&stop)?),
    };
    let step = whole(&step)?;
    let width = stop.saturating_sub(start);
    if step == 0 || width.checked_div(step).is_some_and(|count| count > 1_000_000) {
        return Err(Raise::plain("`range` needs a step other than 0 and gives at most a million numbers"));
    }
    let mut items = Vec::new();
    let mut at = start;
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        items.push(Value::Int(at));
        at = at.saturating_add(step);
    }
    Ok(Value::list(items))
}

fn zip(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let mut lists = Vec::new();
    for value in &args.positional {
        match value.items() {
            Some(items) => lists.push(items),
            None => return Err(Raise::plain(format!("`zip` takes lists, not {}", value.type_name()))),
        }
    }
    let shortest = lists.iter().map(Vec::len).min().unwrap_or(0);
    Ok(Value::list((0..shortest).map(|index| Value::tuple(lists.iter().map(|list| list[index].clone())))))
}

fn set(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [value, default] = args.bind("set", ["value", "default"], 0)?;
    match value.map(|value| value.items()) {
        None => Ok(Value::set([])),
        Some(Some(items)) => Ok(Value::set(items)),
        Some(None) => Ok(default.unwrap_or(Value::None)),
    }
}

fn dict(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let mut entries = Vec::new();
    for value in &args.positional {
        match value {
            Value::Dict(known) => {
                entries.extend(known.borrow().iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            other => {
                for pair in other.items().unwrap_or_default() {
                    match pair.items().as_deref() {
                        Some([key, value]) => entries.extend(Key::of(key).map(|key| (key, value.clone()))),
                        _ => return Err(Raise::plain("`dict` takes a dictionary or a list of pairs")),
                    }
                }
            }
        }
    }
    entries.extend(args.named.iter().map(|(key, value)| (Key::from(key), value.clone())));
    Ok(Value::dict(entries))
}

fn namespace(args: &Args) -> Value {
    let mut names: Vec<(Arc<str>, Value)> = args.named.clone();
    for value in &args.positional {
        if let Value::Dict(entries) = value {
            names
                .extend(entries.borrow().iter().map(|(key, value)| (key.to_value().to_string().into(), value.clone())));
        }
    }
    Value::object(Namespace::new(names))
}

fn to_json(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [value, _, sort] = args.bind("tojson", ["value", "default", "sort_keys"], 1)?;
    let sort = sort.is_some_and(|sort| sort.is_true());
    Ok(Value::from(json_text(&value.unwrap_or(Value::None).to_json(), sort)))
}

/// Python's `json.dumps`: a space after each colon and comma.
pub(super) fn json_text(json: &Json, sort: bool) -> String {
    match json {
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| json_text(item, sort)).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            if sort {
                entries.sort_by_key(|(key, _)| *key);
            }
            let entries: Vec<String> = entries
                .into_iter()
                .map(|(key, value)| format!("{}: {}", Json::from(key.as_str()), json_text(value, sort)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn from_json(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [text, default] = args.bind("fromjson", ["string", "default"], 1)?;
    let text = text.unwrap_or(Value::None);
    let read = serde_json::from_str::<Json>(text.as_str().unwrap_or_default());
    Ok(read.map_or_else(|_| default.unwrap_or(Value::None), |json| Value::from_json(&json)))
}

fn from_yaml(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [text, default] = args.bind("fromyaml", ["value", "default"], 1)?;
    let text = text.unwrap_or(Value::None).to_string();
    let mut problems = Diagnostics::new();
    let read = crate::yaml::read(&SourceFile::new("fromyaml", text), &mut problems);
    Ok(match read {
        Some(node) if !problems.has_errors() => Value::from_json(&node.to_json()),
        _ => default.unwrap_or(Value::None),
    })
}

fn local_md5(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [text] = args.bind("local_md5", ["value"], 1)?;
    let digest = Md5::digest(text.unwrap_or(Value::None).to_string().as_bytes());
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Ok(Value::from(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect::<String>()))
}
