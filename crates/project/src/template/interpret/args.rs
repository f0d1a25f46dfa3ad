//! The arguments of a call.

use std::sync::Arc;

use ade_diagnostic::suggest;

use crate::template::value::Value;

use super::{Outcome, Raise};

/// Evaluated arguments.
#[derive(Clone, Default)]
pub(crate) struct Args {
    pub(crate) positional: Vec<Value>,
    pub(crate) named: Vec<(Arc<str>, Value)>,
}

impl Args {
    pub(crate) fn positional(values: impl IntoIterator<Item = Value>) -> Self {
        Self { positional: values.into_iter().collect(), named: Vec::new() }
    }

    /// The arguments by parameter; the first `required` ones must be there.
    pub(crate) fn bind<const N: usize>(
        &self,
        function: &str,
        names: [&str; N],
        required: usize,
    ) -> Outcome<[Option<Value>; N]> {
        if self.positional.len() > N {
            let count = self.positional.len();
            let takes = if N == 0 { "none".to_owned() } else { format!("at most {N}: {}", names.join(", ")) };
            return Err(Raise::plain(format!("`{function}` got {count} arguments and takes {takes}")));
        }
        let mut bound = [const { None }; N];
        for (slot, value) in bound.iter_mut().zip(&self.positional) {
            *slot = Some(value.clone());
        }
        for (name, value) in &self.named {
            let Some(index) = names.iter().position(|known| **known == **name) else {
                let message = format!("`{function}` has no argument `{name}`");
                return Err(match suggest(name, names) {
                    Some(near) => Raise::plain(format!("{message}; did you mean `{near}`?")),
                    None => Raise::plain(message),
                });
            };
            if bound[index].replace(value.clone()).is_some() {
                return Err(Raise::plain(format!("`{function}` got the argument `{name}` twice")));
            }
        }
        match bound.iter().take(required).position(Option::is_none) {
            Some(index) => Err(Raise::plain(format!("`{function}` needs the argument `{}`", names[index]))),
            None => Ok(bound),
        }
    }

    /// An argument that is `None` when it is not given or is none.
    pub(crate) fn text(value: Option<Value>) -> Option<String> {
        value.filter(|value| !matches!(value, Value::None | Value::Undefined(_))).map(|value| value.to_string())
    }
}
