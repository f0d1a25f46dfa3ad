//! The values of a running template, with Python's meaning: lists and dictionaries are shared and can be changed, texts
//! print as Python prints them.

mod dict;
mod display;
mod json;
mod object;
mod operation;
mod text;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

pub(crate) use dict::{Dict, Key};
pub(crate) use object::Object;
pub(crate) use text::Text;

use super::TemplateRelation;
use super::interpret::Function;

/// One value. Cheap to clone; clones of lists, sets and dictionaries are the same object.
#[derive(Clone)]
pub(crate) enum Value {
    /// A name that is not there (with that name), or an attribute of something.
    Undefined(Option<Arc<str>>),
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Text),
    List(Rc<RefCell<Vec<Value>>>),
    Tuple(Rc<[Value]>),
    Set(Rc<RefCell<Vec<Value>>>),
    Dict(Rc<RefCell<Dict>>),
    Relation(Rc<TemplateRelation>),
    Function(Function),
    /// A group of functions: a package of macros, or one of dbt's objects such as `adapter`.
    Module(Arc<str>),
    Object(Rc<dyn Object>),
}

impl Value {
    pub(crate) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(Rc::new(RefCell::new(items.into_iter().collect())))
    }

    pub(crate) fn tuple(items: impl IntoIterator<Item = Self>) -> Self {
        Self::Tuple(items.into_iter().collect())
    }

    pub(crate) fn dict(entries: impl IntoIterator<Item = (Key, Self)>) -> Self {
        Self::Dict(Rc::new(RefCell::new(entries.into_iter().collect())))
    }

    /// A dictionary of a literal list of entries.
    pub(crate) fn record<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::dict(entries.map(|(key, value)| (Key::from(key), value)))
    }

    /// The distinct items, in order.
    pub(crate) fn set(items: impl IntoIterator<Item = Self>) -> Self {
        let mut distinct: Vec<Self> = Vec::new();
        for item in items {
            if !distinct.iter().any(|known| known.equals(&item)) {
                distinct.push(item);
            }
        }
        Self::Set(Rc::new(RefCell::new(distinct)))
    }

    pub(crate) fn object(object: impl Object + 'static) -> Self {
        Self::Object(Rc::new(object))
    }

    /// Python's `bool()`.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Undefined(_) | Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::List(items) | Self::Set(items) => !items.borrow().is_empty(),
            Self::Tuple(items) => !items.is_empty(),
            Self::Dict(entries) => !entries.borrow().is_empty(),
            Self::Relation(_) | Self::Function(_) | Self::Module(_) => true,
            Self::Object(object) => object.is_true(),
        }
    }

    pub(crate) fn is_undefined(&self) -> bool {
        matches!(self, Self::Undefined(_))
    }

    /// The text of a string value.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    pub(crate) fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            #[expect(clippy::cast_precision_loss, reason = "Python's int to float is as lossy")]
            other => other.as_int().map(|value| value as f64),
        }
    }

    /// Python's name of the type, for messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Undefined(_) => "undefined",
            Self::None => "none",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::Dict(_) => "dict",
            Self::Relation(_) => "Relation",
            Self::Function(_) => "function",
            Self::Module(_) => "namespace",
            Self::Object(object) => object.type_name(),
        }
    }

    /// The items that a loop sees, as they are now: a dictionary's keys, a text's characters. `None` when it cannot be
    /// walked over. Nothing and what is not there are empty.
    pub(crate) fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::Undefined(_) => Some(Vec::new()),
            Self::List(items) | Self::Set(items) => Some(items.borrow().clone()),
            Self::Tuple(items) => Some(items.to_vec()),
            Self::Dict(entries) => Some(entries.borrow().keys().map(Key::to_value).collect()),
            Self::Str(text) => Some(text.chars().map(|character| Self::from(character.to_string())).collect()),
            Self::Object(object) => object.items(),
            _ => None,
        }
    }

    /// How many items there are.
    pub(crate) fn length(&self) -> Option<usize> {
        match self {
            Self::Str(text) => Some(text.chars().count()),
            Self::Dict(entries) => Some(entries.borrow().len()),
            Self::List(items) | Self::Set(items) => Some(items.borrow().len()),
            other => other.items().map(|items| items.len()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(Text::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(Text::from(text))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<TemplateRelation> for Value {
    fn from(relation: TemplateRelation) -> Self {
        Self::Relation(Rc::new(relation))
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}
