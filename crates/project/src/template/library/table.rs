//! Query results as dbt shows them (`agate` tables): rows and columns by name or number.

use std::rc::Rc;

use crate::template::QueryTable;
use crate::template::interpret::{Args, Interpreter, Outcome};
use crate::template::value::{Object, Value};

/// A result.
#[derive(Clone)]
pub(super) struct Table(Rc<QueryTable>);

/// One row of it.
struct Row(Rc<QueryTable>, usize);

/// One column of it.
struct ColumnValues(Rc<QueryTable>, usize);

/// All columns.
struct Columns(Rc<QueryTable>);

impl Table {
    pub(super) fn new(rows: QueryTable) -> Self {
        Self(Rc::new(rows))
    }

    pub(super) fn rows(&self) -> Vec<Value> {
        (0..self.0.rows.len()).map(|index| Value::object(Row(Rc::clone(&self.0), index))).collect()
    }

    /// The values of a column.
    pub(super) fn column(&self, index: usize) -> Vec<Value> {
        values(&self.0, index)
    }
}

fn values(table: &QueryTable, index: usize) -> Vec<Value> {
    table.rows.iter().filter_map(|row| row.get(index)).map(Value::from_json).collect()
}

fn position(table: &QueryTable, index: &Value) -> Option<usize> {
    if let Some(name) = index.as_str() {
        let exact = table.columns.iter().position(|column| column.name == name);
        return exact.or_else(|| table.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)));
    }
    let index = index.as_int()?;
    let count = table.columns.len();
    let index = if index < 0 { index + i64::try_from(count).ok()? } else { index };
    usize::try_from(index).ok().filter(|index| *index < count)
}

fn names(table: &QueryTable) -> Value {
    Value::tuple(table.columns.iter().map(|column| Value::from(column.name.as_str())))
}

impl Object for Table {
    fn type_name(&self) -> &'static str {
        "Table"
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "rows" => Some(Value::tuple(self.rows())),
            "columns" => Some(Value::object(Columns(Rc::clone(&self.0)))),
            "column_names" => Some(names(&self.0)),
            _ => None,
        }
    }

    fn item(&self, index: &Value) -> Option<Value> {
        let rows = self.rows();
        usize::try_from(index.as_int()?).ok().and_then(|index| rows.get(index).cloned())
    }

    fn call_method(&self, interpreter: &mut Interpreter<'_>, name: &str, _: &Args) -> Option<Outcome> {
        if name != "print_table" {
            return None;
        }
        let lines = self.rows().iter().map(ToString::to_string).collect::<Vec<_>>();
        interpreter.messages.push(lines.join("\n"));
        Some(Ok(Value::from("")))
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.rows())
    }

    fn is_true(&self) -> bool {
        !self.0.rows.is_empty()
    }
}

impl Object for Row {
    fn type_name(&self) -> &'static str {
        "Row"
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        self.item(&Value::from(name))
    }

    fn item(&self, index: &Value) -> Option<Value> {
        self.0.rows[self.1].get(position(&self.0, index)?).map(Value::from_json)
    }

    fn call_method(&self, _: &mut Interpreter<'_>, name: &str, args: &Args) -> Option<Outcome> {
        let pairs = || names(&self.0).items().unwrap_or_default().into_iter().zip(self.items().unwrap_or_default());
        match name {
            "values" => Some(Ok(Value::tuple(self.items()?))),
            "keys" => Some(Ok(names(&self.0))),
            "items" => Some(Ok(Value::list(pairs().map(|(name, value)| Value::tuple([name, value]))))),
            "dict" => Some(Ok(Value::dict(pairs().map(|(name, value)| (name.to_string().as_str().into(), value))))),
            "get" => {
                let found = args.positional.first().and_then(|key| self.item(key));
                Some(Ok(found.or_else(|| args.positional.get(1).cloned()).unwrap_or(Value::None)))
            }
            _ => None,
        }
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.0.rows[self.1].iter().map(Value::from_json).collect())
    }

    fn to_text(&self) -> String {
        Value::tuple(self.items().unwrap_or_default()).to_string()
    }
}

impl Object for ColumnValues {
    fn type_name(&self) -> &'static str {
        "Column"
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "name" => Some(Value::from(self.0.columns[self.1].name.as_str())),
            "data_type" => Some(Value::from(self.0.columns[self.1].data_type.as_str())),
            _ => None,
        }
    }

    fn item(&self, index: &Value) -> Option<Value> {
        let index = usize::try_from(index.as_int()?).ok()?;
        values(&self.0, self.1).get(index).cloned()
    }

    fn call_method(&self, _: &mut Interpreter<'_>, name: &str, _: &Args) -> Option<Outcome> {
        match name {
            "values" => Some(Ok(Value::tuple(values(&self.0, self.1)))),
            "values_distinct" => {
                let Value::Set(distinct) = Value::set(values(&self.0, self.1)) else { return None };
                Some(Ok(Value::tuple(distinct.take())))
            }
            _ => None,
        }
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(values(&self.0, self.1))
    }
}

impl Object for Columns {
    fn type_name(&self) -> &'static str {
        "Columns"
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        self.item(&Value::from(name))
    }

    fn item(&self, index: &Value) -> Option<Value> {
        position(&self.0, index).map(|index| Value::object(ColumnValues(Rc::clone(&self.0), index)))
    }

    fn call_method(&self, _: &mut Interpreter<'_>, name: &str, _: &Args) -> Option<Outcome> {
        match name {
            "keys" => Some(Ok(names(&self.0))),
            "values" => Some(Ok(Value::tuple(self.items()?))),
            _ => None,
        }
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some((0..self.0.columns.len()).map(|index| Value::object(ColumnValues(Rc::clone(&self.0), index))).collect())
    }
}
