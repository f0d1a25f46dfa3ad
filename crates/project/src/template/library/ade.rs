//! ade's own helpers.

use crate::template::CompileContext;
use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::Value;

use super::Native;
use super::dbt::texts;

pub(super) const NATIVES: &[Native] = &[
    Native { module: "", name: "surrogate_key", call: surrogate_key },
    Native { module: "", name: "batch_id", call: batch_id },
    Native { module: "", name: "day_spine", call: day_spine },
];

/// `{{ surrogate_key(['store_id', 'day']) }}`: the SQL function of the same name (UUIDv5 over the values).
fn surrogate_key(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let fields = match args.positional.as_slice() {
        [Value::Str(_), ..] | [_, _, ..] => args.positional.clone(),
        _ => {
            let [fields] = args.bind("surrogate_key", ["columns"], 1)?;
            let items = fields.and_then(|fields| fields.items());
            items.ok_or_else(|| Raise::plain("`surrogate_key` takes a list of columns"))?
        }
    };
    if fields.is_empty() {
        return Err(Raise::plain("`surrogate_key` needs at least one column"));
    }
    Ok(Value::from(format!("surrogate_key({})", fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))))
}

/// The batch that the rows belong to: its id as a literal, or the SQL function where no batch is known.
fn batch_id(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    args.bind("batch_id", [], 0)?;
    let known = interpreter.world.and_then(CompileContext::batch_id);
    Ok(Value::from(known.map_or_else(|| "batch_id()".to_owned(), |id| format!("'{}'", id.replace('\'', "''")))))
}

/// One row for each day, both ends included, in the column `date_day`: for the `from` of a query.
fn day_spine(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [start, end] = texts(args, "day_spine", ["start", "end"], 2)?;
    let date = |text: &str| if is_date(text) { format!("'{text}'") } else { text.to_owned() };
    let (start, end) = (date(&start), date(&end));
    Ok(Value::from(format!(
        "(select cast(value as date) as date_day from generate_series(cast({start} as timestamp), cast({end} as timestamp), interval '1 day'))"
    )))
}

/// A bare date such as `2024-01-31` is meant as one, not as a subtraction.
fn is_date(text: &str) -> bool {
    text.parse::<chrono::NaiveDate>().is_ok()
}
