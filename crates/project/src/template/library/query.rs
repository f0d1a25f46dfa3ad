//! Queries that a template runs itself.

use ade_diagnostic::rule;

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::Value;

use super::Native;
use super::table::Table;

pub(super) const NATIVES: &[Native] = &[
    Native { module: "", name: "run_query", call: run_query },
    Native { module: "", name: "statement", call: statement },
    Native { module: "", name: "load_result", call: load_result },
    Native { module: "", name: "store_result", call: |_, _| Ok(Value::from("")) },
    Native { module: "dbt", name: "run_query", call: run_query },
    Native { module: "dbt", name: "statement", call: statement },
];

/// The rows of a query; none while the project is parsed.
pub(super) fn query(interpreter: &mut Interpreter<'_>, sql: &str) -> Outcome<Option<Table>> {
    interpreter.uses.introspects = true;
    let Some(world) = interpreter.world else { return Ok(None) };
    match world.query(sql) {
        Ok(rows) => Ok(Some(Table::new(rows))),
        Err(error) => Err(Raise::lookup(&rule::SQL_ERROR, error)),
    }
}

fn run_query(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [sql] = args.bind("run_query", ["sql"], 1)?;
    let found = query(interpreter, &sql.unwrap_or(Value::None).to_string())?;
    Ok(found.map_or(Value::None, Value::object))
}

/// `{% call statement('name', fetch_result=true) %} select … {% endcall %}`.
fn statement(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let names = ["name", "fetch_result", "auto_begin", "language", "caller"];
    let [name, _, _, _, caller] = args.bind("statement", names, 0)?;
    let Some(Value::Function(caller)) = caller else {
        return Err(Raise::plain("`statement` needs a block: `{% call statement('name') %} select … {% endcall %}`"));
    };
    let at = interpreter.here().span();
    let sql = interpreter.call_function(&caller, &Args::default(), at)?.to_string();
    let Some(table) = query(interpreter, &sql)? else { return Ok(Value::from("")) };
    if let Some(name) = Args::text(name) {
        let data = Value::list(table.rows());
        let result = Value::record([("data", data), ("table", Value::object(table)), ("response", Value::from("OK"))]);
        interpreter.results.insert(name, result);
    }
    Ok(Value::from(""))
}

fn load_result(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [name] = args.bind("load_result", ["name"], 1)?;
    let name = name.unwrap_or(Value::None).to_string();
    Ok(interpreter.results.get(&name).cloned().unwrap_or(Value::None))
}
