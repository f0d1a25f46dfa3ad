//! `namespace(…)`: names that can be set from inside of loops.

use std::cell::RefCell;
use std::sync::Arc;

use crate::template::value::{Object, Value};

pub(super) struct Namespace(RefCell<Vec<(Arc<str>, Value)>>);

impl Namespace {
    pub(super) fn new(names: Vec<(Arc<str>, Value)>) -> Self {
        Self(RefCell::new(names))
    }
}

impl Object for Namespace {
    fn type_name(&self) -> &'static str {
        "Namespace"
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        self.0.borrow().iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone())
    }

    fn set_attribute(&self, name: &Arc<str>, value: Value) -> bool {
        let mut names = self.0.borrow_mut();
        match names.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => names.push((Arc::clone(name), value)),
        }
        true
    }
}
