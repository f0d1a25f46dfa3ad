//! What is decided for every column of one table.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, Field, Schema};

use crate::{Class, Classes, ColumnPolicy, Declaration, Origin, PrivacyError, Rule, Treatment};

/// The decisions about the columns of one table, and the columns that nobody has decided about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    columns: Vec<ColumnPolicy>,
    unclassified: Vec<Unclassified>,
}

/// A column without a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclassified {
    /// The column, or `column.field` where other fields of the same struct are classified.
    pub column: String,
    /// Its Arrow type.
    pub data_type: DataType,
}

impl Policy {
    /// Decides about every column of `schema`: what the column declares wins, then the first rule that matches.
    ///
    /// `table` is `source.table`, for the rules' patterns. A struct is decided about as a whole, or, when it is not
    /// itself declared or matched by a rule, field by field under `column.field`. Fails on a class that is not defined;
    /// columns without any decision are not an error here, see [`Policy::unclassified`].
    pub fn resolve(
        table: &str,
        schema: &Schema,
        declared: &BTreeMap<String, Declaration>,
        rules: &[Rule],
        classes: &Classes,
    ) -> Result<Self, PrivacyError> {
        let resolver = Resolver { table, declared, rules, classes };
        let mut policy = Self::default();
        for field in schema.fields() {
            resolver.decide(field.name(), field, &mut policy)?;
        }
        Ok(policy)
    }

    /// A policy of decisions made elsewhere.
    pub fn new(columns: Vec<ColumnPolicy>) -> Self {
        Self { columns, unclassified: Vec::new() }
    }

    /// The decisions, in the order of the schema.
    pub fn columns(&self) -> &[ColumnPolicy] {
        &self.columns
    }

    /// The decision about a column, or a `column.field`.
    pub fn column(&self, path: &str) -> Option<&ColumnPolicy> {
        self.columns.iter().find(|decided| decided.column == path)
    }

    /// The columns without a decision, in the order of the schema.
    pub fn unclassified(&self) -> &[Unclassified] {
        &self.unclassified
    }

    /// Decides about all columns that are left: for tables that leave them out, or that keep new columns
    /// encrypted until a person has looked at them.
    pub fn settle_unclassified(&mut self, class: &Class, treatment: &Treatment) {
        self.columns.extend(self.unclassified.drain(..).map(|left| ColumnPolicy {
            column: left.column,
            class: class.clone(),
            treatment: treatment.clone(),
            origin: Origin::NewColumn,
        }));
    }

    /// Whether there is a decision about a field within this column.
    pub(crate) fn decides_within(&self, path: &str) -> bool {
        self.columns.iter().any(|decided| is_within(&decided.column, path))
    }
}

fn is_within(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'))
}

struct Resolver<'a> {
    table: &'a str,
    declared: &'a BTreeMap<String, Declaration>,
    rules: &'a [Rule],
    classes: &'a Classes,
}

impl Resolver<'_> {
    fn decide(&self, path: &str, field: &Field, policy: &mut Policy) -> Result<(), PrivacyError> {
        if let Some(declaration) = self.declared.get(path) {
            return self.take(path, &declaration.class, declaration.treatment.as_ref(), Origin::Column, policy);
        }
        let by_field = self.declared.keys().any(|other| is_within(other, path));
        if !by_field {
            let rule =
                self.rules.iter().enumerate().find(|(_, rule)| rule.matches(self.table, path, field.data_type()));
            if let Some((index, rule)) = rule {
                return self.take(path, &rule.class, rule.treatment.as_ref(), Origin::Rule(index), policy);
            }
        }
        if let DataType::Struct(fields) = field.data_type() {
            let before = policy.unclassified.len();
            for child in fields {
                self.decide(&format!("{path}.{}", child.name()), child, policy)?;
            }
            if by_field || policy.decides_within(path) {
                return Ok(());
            }
            policy.unclassified.truncate(before);
        }
        policy.unclassified.push(Unclassified { column: path.to_owned(), data_type: field.data_type().clone() });
        Ok(())
    }

    fn take(
        &self,
        path: &str,
        class: &Class,
        explicit: Option<&Treatment>,
        origin: Origin,
        policy: &mut Policy,
    ) -> Result<(), PrivacyError> {
        let treatment = match explicit {
            Some(treatment) => treatment.clone(),
            None => self.classes.treatment(class)?.clone(),
        };
        policy.columns.push(ColumnPolicy { column: path.to_owned(), class: class.clone(), treatment, origin });
        Ok(())
    }
}
