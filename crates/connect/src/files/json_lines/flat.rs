//! Objects within objects as columns of their own: `{"address": {"city": …}}` has the column `address.city`.

use std::borrow::Cow;

use super::object::{Kind, Member, Problem, members};

/// Objects that lie deeper stay JSON.
const DEEPEST: usize = 16;

/// How the members of a row become columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nested {
    /// An object or list is text in JSON.
    Json,
    /// The members of an object are columns; a list is text in JSON.
    Flatten,
}

impl Nested {
    /// Goes through the columns of the object in `text[start..end]`: the name, of how many keys it is made, and the value.
    pub(crate) fn columns<'a>(
        self,
        text: &'a str,
        start: usize,
        end: usize,
        mut column: impl FnMut(Cow<'a, str>, usize, Member),
    ) -> Result<(), Problem> {
        match self {
            Self::Json => members(text, start, end, |key, member| column(key, 1, member)),
            Self::Flatten => flat(text, (start, end), "", 1, &mut column),
        }
    }
}

fn flat<'a>(
    text: &'a str,
    (start, end): (usize, usize),
    prefix: &str,
    keys: usize,
    column: &mut dyn FnMut(Cow<'a, str>, usize, Member),
) -> Result<(), Problem> {
    let mut deeper = Ok(());
    members(text, start, end, |key, member| {
        let name = if keys == 1 { key } else { Cow::Owned(format!("{prefix}.{key}")) };
        let is_object = member.kind == Kind::Nested && text.as_bytes().get(member.start) == Some(&b'{');
        if is_object && keys < DEEPEST {
            let within = flat(text, (member.start, member.end), &name, keys + 1, column);
            deeper = std::mem::replace(&mut deeper, Ok(())).and(within);
        } else {
            column(name, keys, member);
        }
    })?;
    deeper
}
