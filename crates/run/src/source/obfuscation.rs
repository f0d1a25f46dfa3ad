//! From what the project says about privacy to the decisions about one table's columns.
use std::collections::BTreeMap;

use ade_diagnostic::{Diagnostic, rule};
use ade_engine::sql_type;
use ade_privacy::{
    Class, Classes, DataFamily, Declaration, Keyring, Obfuscator, Policy, Rule, Setting, Settings, Treatment,
};
use ade_project::Project;
use ade_project::resource::SourceTable;
use arrow::datatypes::{DataType, Schema};
use serde_json::{Map, Value};

use super::contract::{promised, unclassified};
use super::key::folded_keys;

/// The project's classes and rules, as the privacy crate knows them.
#[derive(Debug)]
pub(crate) struct Obfuscation {
    classes: Classes,
    rules: Vec<Rule>,
}

impl Obfuscation {
    /// Reads the project's privacy section; every problem is a diagnostic.
    pub(crate) fn of(project: &Project) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut classes = Classes::builtin();
        for (name, declared) in &project.privacy.classes {
            let class = named(name);
            let default = classes.treatment(&class).ok().map(Treatment::name);
            match treatment(&declared.settings, name, default) {
                Ok(Some(treatment)) => classes.define(class, treatment),
                Ok(None) => {
                    let problem = format!("class `{name}` does not say what happens to its columns");
                    let hint = format!("add `treatment:`, one of {}", Treatment::NAMES.join(", "));
                    problems.push(
                        Diagnostic::error(&rule::INVALID_TREATMENT, problem).at(declared.origin.clone()).hint(hint),
                    );
                }
                Err(problem) => problems.push(problem.at(declared.origin.clone())),
            }
        }
        let mut rules = Vec::new();
        for declared in &project.privacy.rules {
            let class = named(&declared.class);
            let families = declared.types.iter().map(|name| family(name)).collect::<Result<Vec<_>, _>>();
            let default = classes.treatment(&class).ok().map(Treatment::name);
            match (treatment(&declared.settings, &declared.class, default), families) {
                (Ok(treatment), Ok(types)) => rules.push(Rule {
                    column: declared.column.clone().unwrap_or_else(|| "*".to_owned()),
                    table: declared.table.clone(),
                    types,
                    class,
                    treatment,
                }),
                (Err(problem), _) | (_, Err(problem)) => problems.push(problem.at(declared.origin.clone())),
            }
        }
        if problems.is_empty() { Ok(Self { classes, rules }) } else { Err(problems) }
    }

    /// What happens to each column of a table; columns that nobody has classified are listed in the policy.
    pub(crate) fn policy(&self, table: &SourceTable, schema: &Schema) -> Result<Policy, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut declared = BTreeMap::new();
        for column in &table.columns {
            let Some(privacy) = &column.privacy else { continue };
            let class = privacy.class.clone().unwrap_or_else(|| column.name.clone());
            let default = self.classes.treatment(&named(&class)).ok().map(Treatment::name);
            let says_all = privacy.class.is_none() || privacy.settings.contains_key("treatment");
            let treatment =
                if default.is_some() || says_all { treatment(&privacy.settings, &class, default) } else { Ok(None) };
            match treatment {
                Ok(treatment) => {
                    let class = named(&class);
                    if treatment.is_none() && self.classes.treatment(&class).is_err() {
                        let known = self.classes.names();
                        problems.push(
                            Diagnostic::error(
                                &rule::UNKNOWN_PRIVACY_CLASS,
                                format!("column `{}` has the class `{class}`, which does not exist", column.name),
                            )
                            .at(privacy.origin.clone())
                            .suggestion(class.name(), known.iter().map(String::as_str))
                            .hint(format!("classes are {}", known.join(", "))),
                        );
                        continue;
                    }
                    declared.insert(found(schema, &column.name), Declaration { class, treatment });
                }
                Err(problem) => problems.push(problem.at(privacy.origin.clone())),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let name = format!("{}.{}", table.source, table.name);
        Policy::resolve(&name, schema, &declared, &self.rules, &self.classes).map_err(|error| {
            vec![Diagnostic::error(&rule::UNKNOWN_PRIVACY_CLASS, error.to_string()).at(table.origin.clone())]
        })
    }
}

impl Obfuscation {
    /// The domain of a class whose pseudonyms may make different values of a type equal, unless their form is `exact`.
    pub(crate) fn folding_domain(&self, class: &str, data_type: &DataType) -> Option<String> {
        match self.classes.treatment(&named(class)) {
            Ok(Treatment::Pseudonym { domain }) if !domain.form().keeps_apart(DataFamily::of(data_type)) => {
                Some(domain.name().to_owned())
            }
            _ => None,
        }
    }

    /// The classes that there are, where `class` is none of them.
    pub(crate) fn unknown(&self, class: &str) -> Option<Vec<String>> {
        let known = self.classes.names();
        self.classes.treatment(&named(class)).is_err().then_some(known)
    }

    /// Whether a rule classifies a column of some type.
    fn may_classify(&self, table: &SourceTable, column: &str) -> bool {
        let name = format!("{}.{}", table.source, table.name);
        let mut of_any_type = self.rules.iter().map(|rule| Rule { types: Vec::new(), ..rule.clone() });
        of_any_type.any(|rule| rule.matches(&name, column, &DataType::Null))
    }

    /// Every problem with the listed columns of a table that can be known without asking the source: types and classes that
    /// do not exist, columns without a class, treatments that do not fit their type.
    pub(crate) fn check(&self, table: &SourceTable) -> Vec<Diagnostic> {
        if table.connection.is_none() {
            return Vec::new();
        }
        let schema = match promised(table) {
            Ok(Some(schema)) => schema,
            Ok(None) => return Vec::new(),
            Err(problems) => return problems,
        };
        let policy = match self.policy(table, &schema) {
            Ok(policy) => policy,
            Err(problems) => return problems,
        };
        // A rule may be for the type that the source will turn out to have. Where somebody has left the word open there is
        // nothing to wait for, unless such a rule would be the answer.
        let typed = |name: &str| table.column(name).is_some_and(|listed| listed.data_type.is_some());
        let is_left_open = |name: &str| {
            table.column(name).is_some_and(|listed| listed.undecided.is_some()) && !self.may_classify(table, name)
        };
        let open = policy.unclassified().iter().filter(|column| typed(&column.column) || is_left_open(&column.column));
        let open: Vec<_> = open.map(|column| (column.column.as_str(), &column.data_type)).collect();
        let mut problems: Vec<Diagnostic> = unclassified(table, &open).into_iter().collect();
        problems.extend(folded_keys(table, &policy, &schema));
        let typed: Vec<_> = policy
            .columns()
            .iter()
            .filter(|decided| table.column(&decided.column).is_some_and(|listed| listed.data_type.is_some()))
            .cloned()
            .collect();
        for decided in typed {
            let Ok(field) = schema.field_with_name(&decided.column) else { continue };
            let alone = Schema::new(vec![field.clone()]);
            let place = table.column(&decided.column).map_or(&table.origin, |listed| &listed.origin).clone();
            // Whether a treatment fits does not depend on the key.
            if let Err(error) = Obfuscator::new(&alone, &Policy::new(vec![decided]), &Keyring::generate([0; 32])) {
                let message = format!("table `{}.{}`: {error}", table.source, table.name);
                problems.push(Diagnostic::error(&rule::INVALID_TREATMENT, message).at(place));
            }
        }
        problems
    }
}

/// The name as the schema spells it: contracts ignore ASCII case.
fn found(schema: &Schema, name: &str) -> String {
    let field = schema.fields().iter().find(|field| field.name().eq_ignore_ascii_case(name));
    field.map_or_else(|| name.to_owned(), |field| field.name().clone())
}

fn named(name: &str) -> Class {
    name.parse().unwrap_or_else(|never: std::convert::Infallible| match never {})
}

fn family(sql_name: &str) -> Result<DataFamily, Box<Diagnostic>> {
    let data_type =
        sql_type(sql_name).map_err(|error| Box::new(Diagnostic::error(&rule::UNKNOWN_TYPE, error.to_string())))?;
    Ok(DataFamily::of(&data_type))
}

/// The treatment that settings describe; `None` when there are none. Settings alone are those of the class's `default`.
fn treatment(
    settings: &Map<String, Value>,
    class: &str,
    default: Option<&str>,
) -> Result<Option<Treatment>, Box<Diagnostic>> {
    let invalid = |message: String| Box::new(Diagnostic::error(&rule::INVALID_TREATMENT, message));
    let Some(first) = settings.keys().next() else { return Ok(None) };
    let name = match (settings.get("treatment"), default) {
        (Some(name), _) => name.as_str().ok_or_else(|| invalid("`treatment` must be a word".to_owned()))?,
        (None, Some(default)) => default,
        (None, None) => {
            let problem = invalid(format!("`{first}` is a setting of a treatment, and no `treatment` is given"));
            return Err(Box::new(problem.hint(format!("add `treatment`: one of {}", Treatment::NAMES.join(", ")))));
        }
    };
    let others = settings.iter().filter(|(key, _)| *key != "treatment");
    let mut values = Settings::new();
    for (key, value) in others {
        let setting = setting(value).ok_or_else(|| {
            invalid(format!("`{key}` of treatment `{name}` has a value of a kind that no treatment takes"))
        })?;
        values.insert(key.clone(), setting);
    }
    let domain = if class.is_empty() { "default" } else { class };
    Treatment::from_settings(name, &values, domain)
        .map(Some)
        .map_err(|error| Box::new(invalid(error.to_string()).suggestion(name, Treatment::NAMES)))
}

fn setting(value: &Value) -> Option<Setting> {
    match value {
        Value::Bool(flag) => Some(Setting::Flag(*flag)),
        Value::String(text) => Some(Setting::Text(text.clone())),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(Setting::Integer(whole)),
            None => number.as_f64().map(Setting::Number),
        },
        Value::Array(items) => items.iter().map(Value::as_f64).collect::<Option<Vec<_>>>().map(Setting::Numbers),
        Value::Null | Value::Object(_) => None,
    }
}
