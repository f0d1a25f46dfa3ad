//! `dbt_utils.…`: the macros of that package which projects use most.

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::template_relation::quote_identifier;
use crate::template::value::Value;

use super::Native;
use super::dbt::texts;
use super::introspect::columns;
use super::query::query;

pub(super) const NATIVES: &[Native] = &[
    Native { module: "dbt_utils", name: "generate_surrogate_key", call: surrogate_key },
    Native { module: "dbt_utils", name: "surrogate_key", call: surrogate_key },
    Native { module: "dbt_utils", name: "star", call: star },
    Native { module: "dbt_utils", name: "get_filtered_columns_in_relation", call: filtered_columns },
    Native { module: "dbt_utils", name: "get_column_values", call: column_values },
    Native { module: "dbt_utils", name: "get_single_value", call: single_value },
    Native { module: "dbt_utils", name: "union_relations", call: union_relations },
    Native { module: "dbt_utils", name: "pivot", call: pivot },
    Native { module: "dbt_utils", name: "deduplicate", call: deduplicate },
    Native { module: "dbt_utils", name: "group_by", call: group_by },
    Native { module: "dbt_utils", name: "safe_add", call: safe_add },
    Native { module: "dbt_utils", name: "safe_subtract", call: safe_subtract },
    Native { module: "dbt_utils", name: "safe_divide", call: safe_divide },
    Native { module: "dbt_utils", name: "nullcheck", call: null_check },
    Native { module: "dbt_utils", name: "slugify", call: slugify },
    Native { module: "dbt_utils", name: "pretty_time", call: pretty_time },
];

fn list(value: Option<Value>, what: &str) -> Outcome<Vec<Value>> {
    let items = value.filter(|value| !matches!(value, Value::Str(_))).and_then(|value| value.items());
    items.ok_or_else(|| Raise::plain(format!("{what} takes a list")))
}

/// The same text as dbt_utils makes, so that keys are the same.
fn surrogate_key(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let fields = match args.positional.as_slice() {
        [_] | [] => list(
            args.bind("generate_surrogate_key", ["field_list"], 1)?.into_iter().next().flatten(),
            "`generate_surrogate_key`",
        )?,
        several => several.to_vec(),
    };
    let fields =
        fields.iter().map(|field| format!("coalesce(cast({field} as varchar), '_dbt_utils_surrogate_key_null_')"));
    let joined = fields.collect::<Vec<_>>().join(" || '-' || ");
    Ok(Value::from(format!("md5(cast({joined} as varchar))")))
}

fn filtered(interpreter: &mut Interpreter<'_>, from: Option<Value>, except: Option<Value>) -> Outcome<Vec<String>> {
    let except: Vec<String> = match except {
        Some(except) => list(Some(except), "`except`")?.iter().map(|name| name.to_string().to_lowercase()).collect(),
        None => Vec::new(),
    };
    let found = columns(interpreter, &from.unwrap_or(Value::None))?;
    Ok(found.into_iter().map(|column| column.name).filter(|name| !except.contains(&name.to_lowercase())).collect())
}

fn filtered_columns(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [from, except] = args.bind("dbt_utils.get_filtered_columns_in_relation", ["from", "except"], 1)?;
    Ok(Value::list(filtered(interpreter, from, except)?.into_iter().map(Value::from)))
}

fn star(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let names = ["from", "relation_alias", "except", "prefix", "suffix", "quote_identifiers"];
    let [from, alias, except, prefix, suffix, quote] = args.bind("dbt_utils.star", names, 1)?;
    let found = filtered(interpreter, from, except)?;
    if found.is_empty() {
        return Ok(Value::from("*"));
    }
    let alias = Args::text(alias).map_or_else(String::new, |alias| format!("{alias}."));
    let (prefix, suffix) = (Args::text(prefix).unwrap_or_default(), Args::text(suffix).unwrap_or_default());
    let quote = quote.is_none_or(|quote| quote.is_true());
    let shown = |name: &str| if quote { quote_identifier(name) } else { name.to_owned() };
    let columns = found.iter().map(|name| {
        let renamed = !prefix.is_empty() || !suffix.is_empty();
        let renamed =
            if renamed { format!(" as {}", shown(&format!("{prefix}{name}{suffix}"))) } else { String::new() };
        format!("{alias}{}{renamed}", shown(name))
    });
    Ok(Value::from(columns.collect::<Vec<_>>().join(",\n  ")))
}

fn column_values(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let names = ["table", "column", "order_by", "max_records", "default", "where"];
    let [table, column, order, most, default, filter] = args.bind("dbt_utils.get_column_values", names, 2)?;
    let (table, column) = (table.unwrap_or(Value::None), column.unwrap_or(Value::None));
    let filter = Args::text(filter).map_or_else(String::new, |filter| format!(" where {filter}"));
    let order = Args::text(order).unwrap_or_else(|| "count(*) desc".to_owned());
    let most = most.and_then(|most| most.as_int()).map_or_else(String::new, |most| format!(" limit {most}"));
    let sql = format!("select {column} as value from {table}{filter} group by {column} order by {order}{most}");
    match query(interpreter, &sql)? {
        Some(rows) => Ok(Value::list(rows.column(0))),
        None => Ok(default.unwrap_or_else(|| Value::list([]))),
    }
}

fn single_value(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [sql, default] = args.bind("dbt_utils.get_single_value", ["query", "default"], 1)?;
    let found = query(interpreter, &sql.unwrap_or(Value::None).to_string())?;
    let first = found.and_then(|rows| rows.column(0).into_iter().next());
    Ok(first.or(default).unwrap_or(Value::None))
}

/// `union all` of relations over all their columns; what one does not have is null.
fn union_relations(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let names = ["relations", "column_override", "include", "exclude", "source_column_name", "where"];
    let [relations, types, include, exclude, source, filter] = args.bind("dbt_utils.union_relations", names, 1)?;
    let relations = list(relations, "`union_relations`")?;
    let lower = |value: Option<Value>| {
        value
            .and_then(|value| value.items())
            .unwrap_or_default()
            .iter()
            .map(|name| name.to_string().to_lowercase())
            .collect::<Vec<_>>()
    };
    let (include, exclude) = (lower(include), lower(exclude));
    let mut all: Vec<(String, String)> = Vec::new();
    let mut of_each = Vec::new();
    for relation in &relations {
        let found = columns(interpreter, relation)?;
        for column in &found {
            let lower = column.name.to_lowercase();
            let wanted = (include.is_empty() || include.contains(&lower)) && !exclude.contains(&lower);
            if wanted && !all.iter().any(|(name, _)| *name == column.name) {
                let given = types.as_ref().and_then(|types| super::core::entry(types, &column.name));
                all.push((column.name.clone(), given.map_or(column.data_type.clone(), |given| given.to_string())));
            }
        }
        of_each.push(found);
    }
    let filter = Args::text(filter).map_or_else(String::new, |filter| format!(" where {filter}"));
    let source = match source {
        None => Some("_dbt_source_relation".to_owned()),
        other => Args::text(other),
    };
    let selects = relations.iter().zip(&of_each).map(|(relation, found)| {
        let mut parts: Vec<String> = source
            .iter()
            .map(|name| format!("cast('{}' as varchar) as {name}", relation.to_string().replace('\'', "''")))
            .collect();
        parts.extend(all.iter().map(|(name, kind)| {
            let quoted = quote_identifier(name);
            let there = found.iter().any(|column| column.name == *name);
            format!("cast({} as {kind}) as {quoted}", if there { quoted.as_str() } else { "null" })
        }));
        let parts = if all.is_empty() { "*".to_owned() } else { parts.join(", ") };
        format!("(select {parts} from {relation}{filter})")
    });
    Ok(Value::from(selects.collect::<Vec<_>>().join("\nunion all\n")))
}

fn pivot(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let names = [
        "column",
        "values",
        "alias",
        "agg",
        "cmp",
        "prefix",
        "suffix",
        "then_value",
        "else_value",
        "quote_identifiers",
        "distinct",
    ];
    let [column, values, alias, agg, cmp, prefix, suffix, then, otherwise, quote, distinct] =
        args.bind("dbt_utils.pivot", names, 2)?;
    let or = |value: Option<Value>, default: &str| Args::text(value).unwrap_or_else(|| default.to_owned());
    let column = column.unwrap_or(Value::None);
    let (agg, cmp) = (or(agg, "sum"), or(cmp, "="));
    let (prefix, suffix) = (or(prefix, ""), or(suffix, ""));
    let (then, otherwise) = (or(then, "1"), or(otherwise, "0"));
    let distinct = if distinct.is_some_and(|distinct| distinct.is_true()) { "distinct " } else { "" };
    let (alias, quote) = (alias.is_none_or(|alias| alias.is_true()), quote.is_none_or(|quote| quote.is_true()));
    let parts = list(values, "`pivot`")?.into_iter().map(|value| {
        let literal = value.to_string().replace('\'', "''");
        let name = format!("{prefix}{value}{suffix}");
        let name = if quote { quote_identifier(&name) } else { slug(&name) };
        let name = if alias { format!(" as {name}") } else { String::new() };
        format!("{agg}({distinct}case when {column} {cmp} '{literal}' then {then} else {otherwise} end){name}")
    });
    Ok(Value::from(parts.collect::<Vec<_>>().join(",\n  ")))
}

fn deduplicate(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [relation, partition, order] =
        texts(args, "dbt_utils.deduplicate", ["relation", "partition_by", "order_by"], 3)?;
    Ok(Value::from(format!("select distinct on ({partition}) * from {relation} order by {partition}, {order}")))
}

fn group_by(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [count] = args.bind("dbt_utils.group_by", ["n"], 1)?;
    let count = count.and_then(|count| count.as_int()).filter(|count| (1..=10_000).contains(count));
    let count = count.ok_or_else(|| Raise::plain("`group_by` takes the number of columns"))?;
    Ok(Value::from(format!("group by {}", (1..=count).map(|at| at.to_string()).collect::<Vec<_>>().join(","))))
}

fn safe_add(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    safe(args, "safe_add", " + ")
}

fn safe_subtract(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    safe(args, "safe_subtract", " - ")
}

fn safe(args: &Args, name: &str, sign: &str) -> Outcome {
    let [fields] = args.bind(name, ["field_list"], 1)?;
    let fields = list(fields, name)?;
    Ok(Value::from(fields.iter().map(|field| format!("coalesce({field}, 0)")).collect::<Vec<_>>().join(sign)))
}

fn safe_divide(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [numerator, denominator] = texts(args, "dbt_utils.safe_divide", ["numerator", "denominator"], 2)?;
    Ok(Value::from(format!("( {numerator} ) / nullif( ( {denominator} ), 0)")))
}

fn null_check(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [columns] = args.bind("dbt_utils.nullcheck", ["cols"], 1)?;
    let parts = list(columns, "`nullcheck`")?.into_iter().map(|column| {
        let name = match &column {
            Value::Object(object) => object.attribute("name").unwrap_or(Value::None).to_string(),
            other => other.to_string(),
        };
        format!("nullif({name}, '') as {name}")
    });
    Ok(Value::from(parts.collect::<Vec<_>>().join(",\n  ")))
}

fn slug(text: &str) -> String {
    let joined = text.to_lowercase().replace([' ', '-'], "_");
    let kept: String =
        joined.chars().filter(|character| character.is_ascii_alphanumeric() || *character == '_').collect();
    if kept.starts_with(|first: char| first.is_ascii_digit()) { format!("_{kept}") } else { kept }
}

fn slugify(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [text] = texts(args, "dbt_utils.slugify", ["string"], 1)?;
    Ok(Value::from(slug(&text)))
}

fn pretty_time(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [format] = args.bind("dbt_utils.pretty_time", ["format"], 0)?;
    interpreter.uses.volatile = true;
    let format = Args::text(format).unwrap_or_else(|| "%H:%M:%S".to_owned());
    let started = Value::object(super::Time::utc(interpreter.settings.run_started_at));
    let method = std::sync::Arc::from("strftime");
    super::call_method(interpreter, &started, &method, &Args::positional([Value::from(format)]))
        .unwrap_or(Ok(Value::None))
}
