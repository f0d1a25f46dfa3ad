//! The data tests that need no macro: dbt's four, and those of `dbt_utils` and `dbt_expectations` that ask the same.

use ade_diagnostic::{Diagnostic, Diagnostics, rule, suggest};

use super::Context;
use super::call::CheckCall;
use crate::load::names::Names;
use crate::load::reference_text;
use crate::resource::CheckKind;
use crate::yaml::{Entry, Node, NodeValue};

/// Every built-in test by its name, with the package it is known from (ours need none).
const NAMES: [(&str, &str); 15] = [
    ("", "unique"),
    ("", "not_null"),
    ("", "accepted_values"),
    ("", "relationships"),
    ("", "row_count"),
    ("dbt_utils", "expression_is_true"),
    ("dbt_utils", "accepted_range"),
    ("dbt_utils", "recency"),
    ("dbt_utils", "unique_combination_of_columns"),
    ("dbt_expectations", "expect_column_values_to_be_between"),
    ("dbt_expectations", "expect_column_values_to_be_in_set"),
    ("dbt_expectations", "expect_column_values_to_be_unique"),
    ("dbt_expectations", "expect_column_values_to_not_be_null"),
    ("dbt_expectations", "expect_compound_columns_to_be_unique"),
    ("dbt_expectations", "expect_table_row_count_to_be_between"),
];

/// What a built-in test asks; what is wrong with it is reported.
pub(super) fn resolve(
    call: &mut CheckCall,
    context: &Context<'_>,
    names: &Names,
    problems: &mut Diagnostics,
) -> Option<CheckKind> {
    let package = call.package.as_deref().unwrap_or_default();
    let of_package = |known: &str| package.is_empty() || package == known;
    if !NAMES.iter().any(|(known, name)| of_package(known) && *name == call.name) {
        // A test whose own file cannot be read is there all the same.
        if !context.templates.set.is_doubtful(&call.name) {
            problems.push(unknown(call, context));
        }
        return None;
    }
    let before = problems.len();
    let mut arguments = Arguments { call, known: Vec::new(), warnings: Vec::new(), problems };
    let kind = kind(&mut arguments, names);
    arguments.report_rest();
    let warnings = arguments.warnings;
    let kind = if problems.len() > before { None } else { kind };
    problems.extend(warnings);
    kind
}

fn unknown(call: &CheckCall, context: &Context<'_>) -> Diagnostic {
    let message = format!("there is no data test `{}`", call.full_name());
    let problem = Diagnostic::error(&rule::UNKNOWN_CHECK, message).at(call.at(call.name_span));
    let own = context.templates.set.generic_tests();
    let candidates: Vec<&str> = NAMES.iter().map(|(_, name)| *name).chain(own).collect();
    match (suggest(&call.name, candidates.iter().copied()), &call.package) {
        (Some(candidate), None) => problem.hint(format!("did you mean `{candidate}`?")),
        (Some(candidate), Some(package)) => problem.hint(format!("did you mean `{package}.{candidate}`?")),
        (None, Some(package)) => {
            problem.hint(format!("packages are not read: copy the test from `{package}` into `macros/`"))
        }
        (None, None) => {
            problem.hint(format!("define it with `{{% test {}(model) %}}` in `macros/` or `tests/generic/`", call.name))
        }
    }
}

fn kind(arguments: &mut Arguments<'_, '_>, names: &Names) -> Option<CheckKind> {
    Some(match arguments.call.name.clone().as_str() {
        "unique" => CheckKind::Unique { expression: arguments.column()? },
        "not_null" => CheckKind::NotNull { expression: arguments.column()? },
        "expect_column_values_to_be_unique" => {
            arguments.row_condition();
            CheckKind::Unique { expression: arguments.column()? }
        }
        "expect_column_values_to_not_be_null" => {
            arguments.row_condition();
            CheckKind::NotNull { expression: arguments.column()? }
        }
        "accepted_values" => accepted_values(arguments, "values", "quote")?,
        "expect_column_values_to_be_in_set" => {
            arguments.row_condition();
            accepted_values(arguments, "value_set", "quote_values")?
        }
        "relationships" => relationships(arguments, names)?,
        "expression_is_true" => CheckKind::ExpressionIsTrue {
            expression: arguments.needed_text("expression")?,
            column: arguments.optional_column(),
        },
        "accepted_range" => {
            let inclusive = arguments.boolean("inclusive").unwrap_or(true);
            range(arguments, inclusive)?
        }
        "expect_column_values_to_be_between" => {
            arguments.row_condition();
            let inclusive = !arguments.boolean("strictly").unwrap_or(false);
            range(arguments, inclusive)?
        }
        "recency" => recency(arguments)?,
        "unique_combination_of_columns" => unique_combination(arguments, "combination_of_columns")?,
        "expect_compound_columns_to_be_unique" => {
            arguments.row_condition();
            unique_combination(arguments, "column_list")?
        }
        "row_count" => row_count(arguments, ["min", "max"])?,
        _ => {
            arguments.row_condition();
            row_count(arguments, ["min_value", "max_value"])?
        }
    })
}

fn accepted_values(arguments: &mut Arguments<'_, '_>, values: &str, quote: &str) -> Option<CheckKind> {
    let expression = arguments.column();
    let quote = arguments.boolean(quote).unwrap_or(true);
    let entry = arguments.take(values).or_else(|| arguments.missing(&[values]))?;
    let Some(items) = entry.value.as_sequence().filter(|items| !items.is_empty()) else {
        arguments.wrong(&entry, "a list with at least one value");
        return None;
    };
    let truths = items.iter().filter(|item| item.to_json().is_boolean()).collect::<Vec<_>>();
    if let Some(first) = truths.first().filter(|_| truths.len() < items.len()) {
        let written = arguments.call.file.slice(first.span);
        let message = format!("`{written}` is a truth value in YAML, and the other values are none");
        let warning = Diagnostic::warning(&rule::INVALID_CHECK, message).at(arguments.call.at(first.span));
        arguments.warnings.push(warning.hint(format!("quote it if it is text: `'{written}'`")));
    }
    let values = items.iter().map(Node::to_json).collect();
    Some(CheckKind::AcceptedValues { expression: expression?, values, quote })
}

fn relationships(arguments: &mut Arguments<'_, '_>, names: &Names) -> Option<CheckKind> {
    let expression = arguments.column();
    let field = arguments.needed_text("field");
    let entry = arguments.take("to").or_else(|| arguments.missing(&["to"]))?;
    let text = entry.value.as_text().unwrap_or_default();
    match reference_text::resolve(text, names) {
        Ok((to, relation)) => Some(CheckKind::Relationships {
            expression: expression?,
            to: to.clone(),
            to_relation: relation.clone(),
            field: field?,
        }),
        Err(problem) => {
            let at = arguments.call.at(entry.value.span);
            arguments.problems.push(problem.at(at));
            None
        }
    }
}

fn range(arguments: &mut Arguments<'_, '_>, inclusive: bool) -> Option<CheckKind> {
    let expression = arguments.column();
    let (min, max) = (arguments.text("min_value"), arguments.text("max_value"));
    if min.is_none() && max.is_none() {
        arguments.missing::<()>(&["min_value", "max_value"]);
    }
    Some(CheckKind::AcceptedRange { expression: expression?, min, max, inclusive })
}

fn recency(arguments: &mut Arguments<'_, '_>) -> Option<CheckKind> {
    let field = arguments.text("field").or_else(|| arguments.optional_column());
    let field = field.or_else(|| arguments.missing(&["field"]));
    let (datepart, interval) = (arguments.datepart(), arguments.needed_whole("interval"));
    let ignore_time_component = arguments.boolean("ignore_time_component").unwrap_or(false);
    let group_by = arguments.texts("group_by_columns");
    Some(CheckKind::Recency {
        field: field?,
        datepart: datepart?,
        interval: interval?,
        ignore_time_component,
        group_by,
    })
}

fn unique_combination(arguments: &mut Arguments<'_, '_>, key: &'static str) -> Option<CheckKind> {
    let columns = arguments.texts(key);
    if columns.is_empty() {
        return arguments.missing(&[key]);
    }
    // dbt_utils: whether the names are quoted. Ours always are.
    arguments.boolean("quote_columns");
    Some(CheckKind::UniqueCombination { columns })
}

fn row_count(arguments: &mut Arguments<'_, '_>, keys: [&'static str; 2]) -> Option<CheckKind> {
    let [min, max] = keys.map(|key| arguments.whole(key));
    if min.is_none() && max.is_none() {
        return arguments.missing(&keys);
    }
    Some(CheckKind::RowCount { min, max })
}

/// Whether a number that is written like this is the same one in SQL.
fn is_sql_number(written: &str) -> bool {
    let unsigned = written.trim_start_matches(['-', '+']);
    let octal = unsigned.starts_with('0') && unsigned[1..].starts_with(|next: char| next.is_ascii_digit());
    !octal && !unsigned.contains(['_', ':', 'x', 'b'])
}

/// Takes arguments by type, and reports what is wrong with them.
struct Arguments<'c, 'p> {
    call: &'c mut CheckCall,
    /// The names that were asked for, for suggestions.
    known: Vec<String>,
    /// What is odd and no mistake.
    warnings: Vec<Diagnostic>,
    problems: &'p mut Diagnostics,
}

impl Arguments<'_, '_> {
    fn take(&mut self, key: &str) -> Option<Entry> {
        self.known.push(key.to_owned());
        self.call.take(key).filter(|entry| !entry.value.is_null())
    }

    /// One of the keys is needed.
    fn missing<T>(&mut self, keys: &[&str]) -> Option<T> {
        // A slip in its name explains why it is missing, and is reported by itself.
        let given = self.call.arguments.iter();
        let mut slips = given.filter_map(|entry| suggest(&entry.key, keys.iter().copied()));
        if slips.next().is_none() {
            self.problems.push(self.call.missing_argument(&keys.join("` or `")));
        }
        None
    }

    fn wrong(&mut self, entry: &Entry, expected: &str) {
        let message =
            format!("`{}` of `{}` must be {expected}, not {}", entry.key, self.call.full_name(), entry.value.kind());
        self.problems.push(Diagnostic::error(&rule::INVALID_CHECK, message).at(self.call.at(entry.value.span)));
    }

    /// The column that the test stands at, or that `column_name` says.
    fn column(&mut self) -> Option<String> {
        let column = self.optional_column();
        if column.is_none() {
            let problem = self.call.missing_argument("column_name");
            self.problems.push(problem.hint("put the test below a column"));
        }
        column
    }

    fn optional_column(&mut self) -> Option<String> {
        self.text("column_name").or_else(|| self.call.column.clone())
    }

    fn row_condition(&mut self) {
        self.call.row_condition = self.text("row_condition");
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let entry = self.take(key)?;
        let text = match &entry.value.value {
            NodeValue::Bool(value) => Some(value.to_string()),
            // What YAML writes in its own way, `010` or `1_000`, SQL would read as another number or not at all.
            NodeValue::Number(number, written) if !is_sql_number(written) => Some(number.to_string()),
            _ => entry.value.as_text().map(str::to_owned),
        };
        if text.is_none() {
            self.wrong(&entry, "text");
        }
        text
    }

    fn needed_text(&mut self, key: &str) -> Option<String> {
        let before = self.problems.len();
        match self.text(key) {
            Some(text) => Some(text),
            None if self.problems.len() > before => None,
            None => self.missing(&[key]),
        }
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(entry) = self.take(key) else { return Vec::new() };
        if entry.value.as_sequence().is_none() {
            self.wrong(&entry, "a list");
        }
        let items = entry.value.as_sequence().unwrap_or_default().iter();
        items.filter_map(Node::as_text).map(str::to_owned).collect()
    }

    fn boolean(&mut self, key: &str) -> Option<bool> {
        let entry = self.take(key)?;
        let value = entry.value.as_bool();
        if value.is_none() {
            self.wrong(&entry, "`true` or `false`");
        }
        value
    }

    fn whole(&mut self, key: &str) -> Option<u64> {
        let entry = self.take(key)?;
        let value = entry.value.as_number().and_then(|number| number.as_u64());
        if value.is_none() {
            self.wrong(&entry, "a whole number");
        }
        value
    }

    fn needed_whole(&mut self, key: &str) -> Option<u64> {
        let before = self.problems.len();
        match self.whole(key) {
            Some(value) => Some(value),
            None if self.problems.len() > before => None,
            None => self.missing(&[key]),
        }
    }

    fn datepart(&mut self) -> Option<String> {
        const DATEPARTS: [&str; 9] =
            ["second", "minute", "hour", "day", "week", "month", "quarter", "year", "millisecond"];
        let entry = self.take("datepart").or_else(|| self.missing(&["datepart"]))?;
        let text = entry.value.as_text().unwrap_or_default().to_ascii_lowercase();
        if DATEPARTS.contains(&text.as_str()) {
            return Some(text);
        }
        let message = format!("`{text}` is not a unit of time");
        let problem = Diagnostic::error(&rule::INVALID_CHECK, message).at(self.call.at(entry.value.span));
        self.problems.push(problem.suggestion(&text, DATEPARTS));
        None
    }

    fn report_rest(&mut self) {
        let unknown: Vec<Diagnostic> = self
            .call
            .arguments
            .iter()
            .map(|entry| self.call.unknown_argument(entry, self.known.iter().map(String::as_str)))
            .collect();
        self.problems.extend(unknown);
    }
}
