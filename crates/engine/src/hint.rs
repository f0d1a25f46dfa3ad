//! What to do about messages that come from below.

use crate::SqlError;

/// Parts of messages and the advice that goes with them.
const HINTS: &[(&str, &str)] = &[
    ("Cannot cast string", "look at the rows with a regular expression, or use try_cast(… as …) to get NULL there"),
    ("Cannot parse", "look at the rows with a regular expression, or use try_cast(… as …) to get NULL there"),
    ("must appear in the GROUP BY clause", "add it to group by, or wrap it in an aggregate such as max()"),
];

/// `error` with the hint for its message, when there is one and it has none.
pub(crate) fn for_message(error: SqlError) -> SqlError {
    if error.hint.is_some() {
        return error;
    }
    match HINTS.iter().find(|(part, _)| error.message.contains(part)) {
        Some((_, hint)) => error.with_hint(*hint),
        None => error,
    }
}
