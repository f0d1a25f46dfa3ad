//! Jinja's filters of lists and dictionaries.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::{Key, Object, Value};

use super::filter::filter;
use super::test::test;

pub(super) const FILTERS: [&str; 24] = [
    "attr",
    "batch",
    "dictsort",
    "first",
    "groupby",
    "items",
    "join",
    "last",
    "length",
    "list",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "slice",
    "sort",
    "sum",
    "unique",
    "zip",
    "set",
];

/// `value|name(…)`; `None` when this is not a filter of sequences.
pub(super) fn sequence(interpreter: &mut Interpreter<'_>, name: &str, value: &Value, args: &Args) -> Option<Outcome> {
    if name == "attr" {
        let wanted: Arc<str> = args.positional.first().map_or_else(String::new, ToString::to_string).into();
        return Some(Ok(interpreter.attribute(value, &wanted)));
    }
    if matches!(name, "length" | "count") {
        let length = value.length().or_else(|| value.is_undefined().then_some(0));
        let message = || Raise::plain(format!("a value of type {} has no length", value.type_name()));
        return Some(length.map(Value::from).ok_or_else(message));
    }
    if !FILTERS.contains(&name) {
        return None;
    }
    let Some(items) = value.items() else {
        return Some(Err(Raise::plain(format!("`{name}` takes a list, not {}", value.type_name()))));
    };
    Some(of_items(interpreter, name, value, items, args))
}

fn of_items(
    interpreter: &mut Interpreter<'_>,
    name: &str,
    value: &Value,
    mut items: Vec<Value>,
    args: &Args,
) -> Outcome {
    let is_set = |flag: Option<Value>| flag.is_some_and(|flag| flag.is_true());
    let end = |item: Option<Value>| Ok(item.unwrap_or(Value::Undefined(None)));
    match name {
        "first" => end(items.into_iter().next()),
        "last" => end(items.pop()),
        "list" => Ok(Value::list(items)),
        "set" => Ok(Value::set(items)),
        "reverse" => {
            items.reverse();
            Ok(match value {
                Value::Str(_) => Value::from(items.iter().map(ToString::to_string).collect::<String>()),
                _ => Value::list(items),
            })
        }
        "join" => {
            let [separator, attribute] = args.bind(name, ["d", "attribute"], 0)?;
            let items = attributes(interpreter, items, attribute.as_ref());
            let separator = separator.map_or_else(String::new, |separator| separator.to_string());
            Ok(Value::from(items.iter().map(ToString::to_string).collect::<Vec<_>>().join(&separator)))
        }
        "sort" => {
            let [reverse, case, attribute] = args.bind(name, ["reverse", "case_sensitive", "attribute"], 0)?;
            sorted(interpreter, items, attribute.as_ref(), is_set(case), is_set(reverse)).map(Value::list)
        }
        "min" | "max" => {
            let [case, attribute] = args.bind(name, ["case_sensitive", "attribute"], 0)?;
            let mut all = sorted(interpreter, items, attribute.as_ref(), is_set(case), false)?;
            end(if name == "max" { all.pop() } else { all.into_iter().next() })
        }
        "unique" => {
            let [case, attribute] = args.bind(name, ["case_sensitive", "attribute"], 0)?;
            let case = is_set(case);
            let (mut seen, mut kept): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
            for item in items {
                let key = folded(one_attribute(interpreter, &item, attribute.as_ref()), case);
                if !seen.iter().any(|known| known.equals(&key)) {
                    seen.push(key);
                    kept.push(item);
                }
            }
            Ok(Value::list(kept))
        }
        "sum" => {
            let [attribute, start] = args.bind(name, ["attribute", "start"], 0)?;
            let mut total = start.unwrap_or(Value::Int(0));
            for item in attributes(interpreter, items, attribute.as_ref()) {
                total = total.binary(crate::template::syntax::ast::BinaryOp::Add, &item).map_err(Raise::plain)?;
            }
            Ok(total)
        }
        "map" => map(interpreter, items, args),
        "select" | "reject" => {
            let (test_name, rest) = split_test(args, 0);
            chosen(items.into_iter().map(|item| (item.clone(), item)), test_name.as_deref(), &rest, name == "select")
        }
        "selectattr" | "rejectattr" => {
            let attribute = args.positional.first().cloned();
            let (test_name, rest) = split_test(args, 1);
            let pairs: Vec<_> =
                items.into_iter().map(|item| (one_attribute(interpreter, &item, attribute.as_ref()), item)).collect();
            chosen(pairs.into_iter(), test_name.as_deref(), &rest, name == "selectattr")
        }
        "groupby" => {
            let [attribute, default, _] = args.bind(name, ["attribute", "default", "case_sensitive"], 1)?;
            let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
            for item in sorted(interpreter, items, attribute.as_ref(), false, false)? {
                let mut key = one_attribute(interpreter, &item, attribute.as_ref());
                if let (true, Some(default)) = (key.is_undefined(), &default) {
                    key = default.clone();
                }
                match groups.iter_mut().find(|(known, _)| known.equals(&key)) {
                    Some((_, members)) => members.push(item),
                    None => groups.push((key, vec![item])),
                }
            }
            Ok(Value::list(groups.into_iter().map(|(key, members)| Value::object(Group(key, Value::list(members))))))
        }
        "items" | "dictsort" => {
            let Value::Dict(entries) = value else {
                return if value.is_undefined() {
                    Ok(Value::list([]))
                } else {
                    Err(Raise::plain(format!("`{name}` takes a dictionary, not {}", value.type_name())))
                };
            };
            let mut pairs: Vec<Value> =
                entries.borrow().iter().map(|(key, value)| Value::tuple([key.to_value(), value.clone()])).collect();
            if name == "dictsort" {
                let [case, by, reverse] = args.bind(name, ["case_sensitive", "by", "reverse"], 0)?;
                let index = Value::Int(i64::from(Args::text(by).as_deref() == Some("value")));
                pairs = sorted(interpreter, pairs, Some(&index), is_set(case), is_set(reverse))?;
            }
            Ok(Value::list(pairs))
        }
        "batch" | "slice" => {
            let [count, fill] = args.bind(name, ["count", "fill_with"], 1)?;
            let count = count.and_then(|count| usize::try_from(count.as_int()?).ok()).unwrap_or(1).max(1);
            Ok(Value::list(if name == "batch" {
                batches(&items, count, fill.as_ref())
            } else {
                slices(&items, count, fill.as_ref())
            }))
        }
        "zip" => {
            let mut all = vec![Value::list(items)];
            all.extend(args.positional.iter().cloned());
            let zip = interpreter.global("zip").unwrap_or(Value::None);
            match zip {
                Value::Function(zip) => {
                    interpreter.call_function(&zip, &Args::positional(all), ade_diagnostic::Span::default())
                }
                _ => Ok(Value::None),
            }
        }
        _ => Ok(value.clone()),
    }
}

/// `attribute='a.b'`, `attribute=0`; without one the item itself.
fn one_attribute(interpreter: &mut Interpreter<'_>, item: &Value, attribute: Option<&Value>) -> Value {
    match attribute {
        None | Some(Value::None) => item.clone(),
        Some(Value::Str(path)) => path.split('.').fold(item.clone(), |value, part| match part.parse::<i64>() {
            Ok(index) => interpreter.item(&value, &Value::Int(index)),
            Err(_) => match &value {
                // In filters an item counts before a method of the same name.
                Value::Dict(entries) => {
                    entries.borrow().get(&Key::from(part)).cloned().unwrap_or(Value::Undefined(None))
                }
                other => interpreter.attribute(other, &Arc::from(part)),
            },
        }),
        Some(index) => interpreter.item(item, index),
    }
}

fn attributes(interpreter: &mut Interpreter<'_>, items: Vec<Value>, attribute: Option<&Value>) -> Vec<Value> {
    items.into_iter().map(|item| one_attribute(interpreter, &item, attribute)).collect()
}

fn folded(value: Value, case_sensitive: bool) -> Value {
    match &value {
        Value::Str(text) if !case_sensitive => Value::from(text.to_lowercase()),
        _ => value,
    }
}

fn sorted(
    interpreter: &mut Interpreter<'_>,
    items: Vec<Value>,
    attribute: Option<&Value>,
    case_sensitive: bool,
    reverse: bool,
) -> Outcome<Vec<Value>> {
    let mut keyed: Vec<(Value, Value)> = items
        .into_iter()
        .map(|item| (folded(one_attribute(interpreter, &item, attribute), case_sensitive), item))
        .collect();
    let mut unordered = false;
    keyed.sort_by(|(left, _), (right, _)| {
        let order = left.order(right).unwrap_or_else(|| {
            unordered = true;
            Ordering::Equal
        });
        if reverse { order.reverse() } else { order }
    });
    if unordered {
        return Err(Raise::plain("these values have no order: they are of different types"));
    }
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

fn map(interpreter: &mut Interpreter<'_>, items: Vec<Value>, args: &Args) -> Outcome {
    let named = |wanted: &str| args.named.iter().find(|(name, _)| &**name == wanted).map(|(_, value)| value.clone());
    if let Some(attribute) = named("attribute") {
        let default = named("default");
        let found = attributes(interpreter, items, Some(&attribute)).into_iter().map(|value| match &default {
            Some(default) if value.is_undefined() => default.clone(),
            _ => value,
        });
        return Ok(Value::list(found));
    }
    let Some(Value::Str(name)) = args.positional.first() else {
        return Err(Raise::plain("`map` takes `attribute=` or the name of a filter"));
    };
    let rest = Args { positional: args.positional[1..].to_vec(), named: args.named.clone() };
    let mapped: Outcome<Vec<Value>> = items.iter().map(|item| filter(interpreter, name, item, &rest)).collect();
    mapped.map(Value::list)
}

/// The name of a test at a place of the arguments, and what follows it.
fn split_test(args: &Args, at: usize) -> (Option<String>, Args) {
    let name = args.positional.get(at).map(ToString::to_string);
    let rest = args.positional.iter().skip(at + 1).cloned().collect();
    (name, Args { positional: rest, named: args.named.clone() })
}

/// The second values of the pairs whose first ones pass a test; without a test, those that are true.
fn chosen(pairs: impl Iterator<Item = (Value, Value)>, name: Option<&str>, rest: &Args, wanted: bool) -> Outcome {
    let mut kept = Vec::new();
    for (subject, item) in pairs {
        let passes = match name {
            Some(name) => test(name, &subject, rest)?,
            None => subject.is_true(),
        };
        if passes == wanted {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

fn batches(items: &[Value], count: usize, fill: Option<&Value>) -> Vec<Value> {
    let filled = |chunk: &[Value]| {
        let missing = fill.map_or(0, |_| count - chunk.len());
        Value::list(chunk.iter().cloned().chain(std::iter::repeat_n(fill.cloned().unwrap_or(Value::None), missing)))
    };
    items.chunks(count).map(filled).collect()
}

fn slices(items: &[Value], count: usize, fill: Option<&Value>) -> Vec<Value> {
    let (size, larger) = (items.len() / count, items.len() % count);
    let mut at = 0;
    let mut slices = Vec::new();
    for index in 0..count {
        let length = size + usize::from(index < larger);
        let mut slice = items[at..at + length].to_vec();
        at += length;
        slice.extend(fill.filter(|_| larger > 0 && index >= larger).cloned());
        slices.push(Value::list(slice));
    }
    slices
}

/// One group of `groupby`: a pair, or `group.grouper` and `group.list`.
struct Group(Value, Value);

impl Object for Group {
    fn type_name(&self) -> &'static str {
        "group"
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "grouper" => Some(self.0.clone()),
            "list" => Some(self.1.clone()),
            _ => None,
        }
    }

    fn item(&self, index: &Value) -> Option<Value> {
        match index.as_int() {
            Some(0) => Some(self.0.clone()),
            Some(1) => Some(self.1.clone()),
            _ => None,
        }
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(vec![self.0.clone(), self.1.clone()])
    }

    fn to_text(&self) -> String {
        Value::tuple([self.0.clone(), self.1.clone()]).to_string()
    }
}
