//! What DataFusion says of arguments and operands whose types do not fit, in the words of SQL.

use arrow::datatypes::DataType;

use crate::type_name;

/// A call or operation that its types forbid.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrongTypes {
    /// `sum does not take varchar`.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: &'static str,
}

const TO_NUMBER: &str = "cast it to a number: x::numeric";
const TO_TEXT: &str = "cast it to text: x::text";
const TO_EITHER: &str = "cast the argument, for example ::numeric or ::text";
const ONE_SIDE: &str = "cast one side so that the types fit";

/// Functions of numbers alone whose message does not say so.
const OF_NUMBERS: [&str; 12] = [
    "sum",
    "avg",
    "stddev",
    "stddev_samp",
    "stddev_pop",
    "var",
    "var_samp",
    "var_pop",
    "variance",
    "corr",
    "median",
    "power",
];

/// Messages that begin to say which types a function got.
const REFUSALS: [&str; 4] = [
    " failed to match any signature",
    " requires String, but received",
    " expects Numeric but received",
    "Failed to coerce arguments to satisfy a call to ",
];

/// The types that a message is about, if it is one of those.
pub(crate) fn in_message(message: &str) -> Option<WrongTypes> {
    if let Some((_, rest)) = message.split_once("Cannot coerce arithmetic expression ") {
        return operands(rest.split(" to valid types").next().unwrap_or(rest));
    }
    if !REFUSALS.iter().any(|refusal| message.contains(refusal)) {
        return None;
    }
    let (name, types) = match message.split_once("argument types '").and_then(|(_, call)| call.split_once('(')) {
        // The last bracket before the quote is that of the call.
        Some((name, rest)) => {
            let types = rest.split(")'").next().unwrap_or_default();
            (name.to_owned(), Some(in_sql(types)))
        }
        None => (named(message)?, None),
    };
    let takes_numbers = message.contains(" expects Numeric but received") || OF_NUMBERS.contains(&name.as_str());
    let hint = if takes_numbers {
        TO_NUMBER
    } else if message.contains(" requires String, but received") {
        TO_TEXT
    } else {
        TO_EITHER
    };
    let types = types.unwrap_or_else(|| "these types".to_owned());
    Some(WrongTypes { message: format!("{name} does not take {types}"), hint })
}

/// The function of a message that does not list all types.
fn named(message: &str) -> Option<String> {
    let before = REFUSALS.iter().find_map(|refusal| Some(message.split_once(refusal)?.0)).unwrap_or_default();
    let after = message.split_once("a call to '").and_then(|(_, name)| name.split('\'').next());
    let name = after.unwrap_or_else(|| before.rsplit("Function ").next().unwrap_or(before).trim_matches('\''));
    (!name.is_empty()).then(|| name.to_owned())
}

/// `Utf8View + Int64` → `varchar + bigint`.
fn operands(expression: &str) -> Option<WrongTypes> {
    let operator = [" + ", " - ", " * ", " / ", " % "].into_iter().find(|operator| expression.contains(operator))?;
    let (left, right) = expression.split_once(operator)?;
    let (left, right) = (in_sql(left), in_sql(right));
    Some(WrongTypes { message: format!("there is no {left}{operator}{right}"), hint: ONE_SIDE })
}

/// The types of a list as SQL names them. Those of Arrow that it cannot read stay as they are.
fn in_sql(types: &str) -> String {
    let mut names = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, letter) in types.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                names.push(&types[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    names.push(&types[start..]);
    let name = |text: &&str| {
        let text = text.trim();
        text.parse::<DataType>().map_or_else(|_| text.to_owned(), |data_type| type_name(&data_type))
    };
    names.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_in_sql() {
        assert_eq!(in_sql("Decimal128(10, 2), Utf8View,Int64"), "numeric(10,2), varchar, bigint");
        assert_eq!(in_sql("Timestamp(µs)"), "timestamp");
        assert_eq!(in_sql("Something(a, b)"), "Something(a, b)");
    }

    #[test]
    fn a_message_without_the_types_still_names_the_function() {
        let wrong = in_message("Function 'abs' expects Numeric but received String").map(|wrong| wrong.message);
        assert_eq!(wrong.as_deref(), Some("abs does not take these types"));
        assert_eq!(in_message("there is no column x"), None);
    }
}
