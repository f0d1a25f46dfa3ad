//! Python's methods of lists, tuples, sets and dictionaries.

use std::cell::RefCell;
use std::rc::Rc;

use crate::template::interpret::{Args, Outcome, Raise};
use crate::template::value::{Dict, Key, Value};

pub(super) const LIST: [&str; 11] =
    ["append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"];
pub(super) const TUPLE: [&str; 2] = ["count", "index"];
pub(super) const SET: [&str; 13] = [
    "add",
    "clear",
    "copy",
    "difference",
    "discard",
    "intersection",
    "isdisjoint",
    "issubset",
    "issuperset",
    "pop",
    "remove",
    "union",
    "update",
];
pub(super) const DICT: [&str; 9] = ["clear", "copy", "get", "items", "keys", "pop", "setdefault", "update", "values"];

type Shared<T> = Rc<RefCell<T>>;

pub(super) fn list(items: &Shared<Vec<Value>>, name: &str, args: &Args) -> Option<Outcome> {
    let full = format!("list.{name}");
    let given = |wanted: &'static str| args.bind(&full, [wanted], 1).map(|[value]| value.unwrap_or(Value::None));
    // Calls for their effect give nothing.
    let done = |effect: &dyn Fn(&mut Vec<Value>)| {
        effect(&mut items.borrow_mut());
        Value::None
    };
    Some(match name {
        "append" => given("object").map(|value| done(&|items| items.push(value.clone()))),
        "extend" => given("iterable").and_then(|value| match value.items() {
            Some(more) => Ok(done(&|items| items.extend(more.iter().cloned()))),
            None => Err(Raise::plain(format!("`extend` takes a list, not {}", value.type_name()))),
        }),
        "insert" => args.bind(&full, ["index", "object"], 2).map(|[index, value]| {
            let mut items = items.borrow_mut();
            let at = place(index.as_ref(), items.len()).min(items.len());
            items.insert(at, value.unwrap_or(Value::None));
            Value::None
        }),
        "pop" => args.bind(&full, ["index"], 0).and_then(|[index]| {
            let mut items = items.borrow_mut();
            let length = items.len();
            let at = index.as_ref().map_or(length.wrapping_sub(1), |index| place(Some(index), length));
            if at < length { Ok(items.remove(at)) } else { Err(Raise::plain("`pop` finds nothing at that place")) }
        }),
        // Comparisons look into lists, also into this one: nothing may be borrowed for change meanwhile.
        "remove" => given("value").and_then(|value| {
            let found = items.borrow().iter().position(|item| item.equals(&value));
            match found {
                Some(at) => {
                    items.borrow_mut().remove(at);
                    Ok(Value::None)
                }
                None => Err(Raise::plain(format!("{value:?} is not in the list"))),
            }
        }),
        "clear" => Ok(done(&Vec::clear)),
        "reverse" => Ok(done(&|items| items.reverse())),
        "copy" => Ok(Value::list(items.borrow().iter().cloned())),
        "sort" => args.bind(&full, ["reverse"], 0).map(|[reverse]| {
            let mut sorted = items.borrow().clone();
            sorted.sort_by(|left, right| left.order(right).unwrap_or(std::cmp::Ordering::Equal));
            if reverse.is_some_and(|reverse| reverse.is_true()) {
                sorted.reverse();
            }
            *items.borrow_mut() = sorted;
            Value::None
        }),
        "count" => {
            given("value").map(|value| Value::from(items.borrow().iter().filter(|item| item.equals(&value)).count()))
        }
        "index" => given("value").and_then(|value| index_of(&items.borrow(), &value)),
        _ => return None,
    })
}

pub(super) fn tuple(items: &[Value], name: &str, args: &Args) -> Option<Outcome> {
    let value = args.positional.first().cloned().unwrap_or(Value::None);
    match name {
        "count" => Some(Ok(Value::from(items.iter().filter(|item| item.equals(&value)).count()))),
        "index" => Some(index_of(items, &value)),
        _ => None,
    }
}

pub(super) fn set(items: &Shared<Vec<Value>>, name: &str, args: &Args) -> Option<Outcome> {
    let first = args.positional.first().cloned();
    let others: Vec<Value> = args.positional.iter().flat_map(|other| other.items().unwrap_or_default()).collect();
    let among = |list: &[Value], item: &Value| list.iter().any(|known| known.equals(item));
    let own = items.borrow().clone();
    let kept = |wanted: bool| Value::set(own.iter().filter(|item| among(&others, item) == wanted).cloned());
    Some(Ok(match name {
        "add" => {
            items.borrow_mut().extend(first.filter(|item| !among(&own, item)));
            Value::None
        }
        "update" => {
            let Value::Set(all) = Value::set(own.into_iter().chain(others)) else { return None };
            *items.borrow_mut() = all.take();
            Value::None
        }
        "discard" | "remove" => {
            let kept = own.into_iter().filter(|item| !first.as_ref().is_some_and(|gone| gone.equals(item))).collect();
            *items.borrow_mut() = kept;
            Value::None
        }
        "clear" => {
            items.borrow_mut().clear();
            Value::None
        }
        "pop" => items.borrow_mut().pop().unwrap_or(Value::None),
        "copy" => Value::set(own),
        "union" => Value::set(own.iter().cloned().chain(others)),
        "difference" => kept(false),
        "intersection" => kept(true),
        "issubset" => Value::Bool(own.iter().all(|item| among(&others, item))),
        "issuperset" => Value::Bool(others.iter().all(|item| among(&own, item))),
        "isdisjoint" => Value::Bool(!own.iter().any(|item| among(&others, item))),
        _ => return None,
    }))
}

pub(super) fn dict(entries: &Shared<Dict>, name: &str, args: &Args) -> Option<Outcome> {
    let full = format!("dict.{name}");
    let keyed = || {
        let [key, default] = args.bind(&full, ["key", "default"], 1)?;
        let key = key.unwrap_or(Value::None);
        match Key::of(&key) {
            Some(key) => Ok((key, default)),
            None => Err(Raise::plain(format!("a value of type {} cannot be a key", key.type_name()))),
        }
    };
    Some(match name {
        "items" => Ok(Value::list(
            entries
                .borrow()
                .iter()
                .map(|(key, value)| Value::tuple([key.to_value(), value.clone()]))
                .collect::<Vec<_>>(),
        )),
        "keys" => Ok(Value::list(entries.borrow().keys().map(Key::to_value).collect::<Vec<_>>())),
        "values" => Ok(Value::list(entries.borrow().values().cloned().collect::<Vec<_>>())),
        "get" => keyed().map(|(key, default)| entries.borrow().get(&key).cloned().or(default).unwrap_or(Value::None)),
        "setdefault" => keyed()
            .map(|(key, default)| entries.borrow_mut().entry(key).or_insert(default.unwrap_or(Value::None)).clone()),
        "pop" => keyed().and_then(|(key, default)| match (entries.borrow_mut().shift_remove(&key), default) {
            (Some(found), _) | (None, Some(found)) => Ok(found),
            (None, None) => Err(Raise::plain(format!("the dictionary has no {:?}", key.to_value()))),
        }),
        "update" => {
            let mut more: Vec<(Key, Value)> = Vec::new();
            for value in &args.positional {
                let Value::Dict(other) = value else {
                    return Some(Err(Raise::plain(format!("`update` takes a dictionary, not {}", value.type_name()))));
                };
                more.extend(other.borrow().iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            more.extend(args.named.iter().map(|(key, value)| (Key::from(key), value.clone())));
            entries.borrow_mut().extend(more);
            Ok(Value::None)
        }
        "copy" => Ok(Value::dict(
            entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>(),
        )),
        "clear" => {
            entries.borrow_mut().clear();
            Ok(Value::None)
        }
        _ => return None,
    })
}

/// A Python index as a place in a list; far outside is past the end.
fn place(index: Option<&Value>, length: usize) -> usize {
    let index = index.and_then(Value::as_int).unwrap_or(0);
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    usize::try_from(if index < 0 { (index + length).max(0) } else { index }).unwrap_or(usize::MAX)
}

fn index_of(items: &[Value], value: &Value) -> Outcome {
    let found = items.iter().position(|item| item.equals(value));
    found.map(Value::from).ok_or_else(|| Raise::plain(format!("{value:?} is not in the list")))
}
