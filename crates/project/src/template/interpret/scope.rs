//! Names and their values.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::template::value::Value;

/// The names that are set in a block, and through its parent those of the blocks around it. Clones are the same scope.
#[derive(Clone, Default)]
pub(crate) struct Scope(Rc<Names>);

#[derive(Default)]
struct Names {
    names: RefCell<Vec<(Arc<str>, Value)>>,
    parent: Option<Scope>,
}

impl Scope {
    pub(crate) fn inner(&self) -> Self {
        Self(Rc::new(Names { names: RefCell::default(), parent: Some(self.clone()) }))
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        let found =
            self.0.names.borrow().iter().rev().find(|(known, _)| &**known == name).map(|(_, value)| value.clone());
        found.or_else(|| self.0.parent.as_ref()?.get(name))
    }

    /// Sets a name in this block.
    pub(crate) fn set(&self, name: &Arc<str>, value: Value) {
        let mut names = self.0.names.borrow_mut();
        match names.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => names.push((Arc::clone(name), value)),
        }
    }

    /// All names that can be seen, for suggestions.
    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = self.0.names.borrow().iter().map(|(name, _)| Arc::clone(name)).collect();
        if let Some(parent) = &self.0.parent {
            names.extend(parent.names());
        }
        names
    }
}
