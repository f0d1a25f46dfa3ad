//! A column of a relation, as `adapter.get_columns_in_relation` gives it.

use crate::template::Column;
use crate::template::interpret::{Args, Interpreter, Outcome};
use crate::template::template_relation::quote_identifier;
use crate::template::value::{Object, Value};

pub(super) struct ColumnObject(pub(super) Column);

impl Object for ColumnObject {
    fn type_name(&self) -> &'static str {
        "Column"
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "name" | "column" => Some(Value::from(self.0.name.as_str())),
            "quoted" => Some(Value::from(quote_identifier(&self.0.name))),
            "data_type" | "dtype" => Some(Value::from(self.0.data_type.as_str())),
            _ => None,
        }
    }

    fn call_method(&self, _: &mut Interpreter<'_>, name: &str, _: &Args) -> Option<Outcome> {
        let kind = self.0.data_type.to_ascii_lowercase();
        let begins = |words: &[&str]| words.iter().any(|word| kind.starts_with(word));
        let integer = begins(&["bigint", "int", "smallint", "tinyint", "hugeint", "ubigint", "uint"])
            && !kind.starts_with("interval");
        let float = begins(&["double", "float", "real"]);
        let numeric = begins(&["decimal", "numeric"]);
        let answer = match name {
            "is_string" => begins(&["varchar", "text", "char", "string"]),
            "is_integer" => integer,
            "is_float" => float,
            "is_numeric" => numeric,
            "is_number" => integer || float || numeric,
            _ => return None,
        };
        Some(Ok(Value::Bool(answer)))
    }

    fn to_text(&self) -> String {
        format!("<Column {} ({})>", self.0.name, self.0.data_type)
    }
}
