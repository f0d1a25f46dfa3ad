//! `dbt.…` macros: SQL that differs between databases, here in ours.

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::Value;

use super::Native;

pub(super) const NATIVES: &[Native] = &[
    Native { module: "dbt", name: "type_string", call: |_, _| Ok(Value::from("varchar")) },
    Native { module: "dbt", name: "type_timestamp", call: |_, _| Ok(Value::from("timestamp")) },
    Native { module: "dbt", name: "type_int", call: |_, _| Ok(Value::from("integer")) },
    Native { module: "dbt", name: "type_bigint", call: |_, _| Ok(Value::from("bigint")) },
    Native { module: "dbt", name: "type_float", call: |_, _| Ok(Value::from("double precision")) },
    Native { module: "dbt", name: "type_numeric", call: |_, _| Ok(Value::from("numeric(28, 6)")) },
    Native { module: "dbt", name: "type_boolean", call: |_, _| Ok(Value::from("boolean")) },
    Native { module: "dbt", name: "concat", call: concat },
    Native { module: "dbt", name: "hash", call: hash },
    Native { module: "dbt", name: "length", call: length },
    Native { module: "dbt", name: "position", call: position },
    Native { module: "dbt", name: "replace", call: replace },
    Native { module: "dbt", name: "right", call: right },
    Native { module: "dbt", name: "split_part", call: split_part },
    Native { module: "dbt", name: "cast", call: cast },
    Native { module: "dbt", name: "safe_cast", call: safe_cast },
    Native { module: "dbt", name: "cast_bool_to_text", call: cast_bool_to_text },
    Native { module: "dbt", name: "bool_or", call: bool_or },
    Native { module: "dbt", name: "any_value", call: any_value },
    Native { module: "dbt", name: "listagg", call: listagg },
    Native { module: "dbt", name: "except", call: |_, _| Ok(Value::from("except")) },
    Native { module: "dbt", name: "intersect", call: |_, _| Ok(Value::from("intersect")) },
    Native { module: "dbt", name: "escape_single_quotes", call: escape_single_quotes },
    Native { module: "dbt", name: "string_literal", call: string_literal },
    Native { module: "dbt", name: "equals", call: equals },
];

pub(super) fn texts<const N: usize>(
    args: &Args,
    function: &str,
    names: [&str; N],
    required: usize,
) -> Outcome<[String; N]> {
    let values = args.bind(function, names, required)?;
    Ok(values.map(|value| value.map_or_else(String::new, |value| value.to_string())))
}

fn concat(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [fields] = args.bind("dbt.concat", ["fields"], 1)?;
    let fields = fields
        .and_then(|fields| fields.items())
        .ok_or_else(|| Raise::plain("`dbt.concat` takes a list of expressions"))?;
    Ok(Value::from(fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(" || ")))
}

fn hash(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [field] = texts(args, "dbt.hash", ["field"], 1)?;
    Ok(Value::from(format!("md5(cast({field} as varchar))")))
}

fn length(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [expression] = texts(args, "dbt.length", ["expression"], 1)?;
    Ok(Value::from(format!("length({expression})")))
}

fn position(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [part, text] = texts(args, "dbt.position", ["substring_text", "string_text"], 2)?;
    Ok(Value::from(format!("position({part} in {text})")))
}

fn replace(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [field, old, new] = texts(args, "dbt.replace", ["field", "old_chars", "new_chars"], 3)?;
    Ok(Value::from(format!("replace({field}, {old}, {new})")))
}

fn right(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [text, length] = texts(args, "dbt.right", ["string_text", "length_expression"], 2)?;
    Ok(Value::from(format!("right({text}, {length})")))
}

fn split_part(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [text, delimiter, part] = texts(args, "dbt.split_part", ["string_text", "delimiter_text", "part_number"], 3)?;
    Ok(Value::from(format!("split_part({text}, {delimiter}, {part})")))
}

fn cast(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [field, kind] = texts(args, "dbt.cast", ["field", "type"], 2)?;
    Ok(Value::from(format!("cast({field} as {kind})")))
}

fn safe_cast(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [field, kind] = texts(args, "dbt.safe_cast", ["field", "type"], 2)?;
    Ok(Value::from(format!("try_cast({field} as {kind})")))
}

fn cast_bool_to_text(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [field] = texts(args, "dbt.cast_bool_to_text", ["field"], 1)?;
    Ok(Value::from(format!("cast({field} as varchar)")))
}

fn bool_or(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [expression] = texts(args, "dbt.bool_or", ["expression"], 1)?;
    Ok(Value::from(format!("bool_or({expression})")))
}

fn any_value(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [expression] = texts(args, "dbt.any_value", ["expression"], 1)?;
    Ok(Value::from(format!("min({expression})")))
}

fn listagg(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let names = ["measure", "delimiter_text", "order_by_clause", "limit_num"];
    let [measure, delimiter, order, limit] = args.bind("dbt.listagg", names, 1)?;
    if limit.is_some_and(|limit| limit.is_true()) {
        return Err(Raise::plain(
            "`dbt.listagg` with `limit_num` is not supported; number the rows in a subquery and filter them",
        ));
    }
    let measure = measure.unwrap_or(Value::None);
    let delimiter = Args::text(delimiter).unwrap_or_else(|| "','".to_owned());
    let order = Args::text(order).map_or_else(String::new, |order| format!(" {order}"));
    Ok(Value::from(format!("string_agg({measure}, {delimiter}{order})")))
}

fn escape_single_quotes(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [text] = texts(args, "dbt.escape_single_quotes", ["expression"], 1)?;
    Ok(Value::from(text.replace('\'', "''")))
}

fn string_literal(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [text] = texts(args, "dbt.string_literal", ["value"], 1)?;
    Ok(Value::from(format!("'{text}'")))
}

fn equals(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [left, right] = texts(args, "dbt.equals", ["expr1", "expr2"], 2)?;
    Ok(Value::from(format!("({left} is not distinct from {right})")))
}
