//! What a person is in the lake: pseudonyms under each key, encrypted texts, values that are kept.
use std::collections::{BTreeMap, BTreeSet};

use ade_engine::RelationName;
use ade_lake::{At, TableName};
use ade_privacy::{CanonicalForm, Domain, Keys, Treatment, decrypt_text, key_id_of, pseudonym};
use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use futures::StreamExt;

use super::landed_columns::LandedColumns;
use super::reveal::sealed;
use super::subject::Subject;
use crate::error::RunError;
use crate::source::{LandedColumn, beside};
use crate::workspace::Workspace;

/// What to look for: something of each subject.
#[derive(Debug, Default)]
pub(super) struct Needles {
    /// One for each subject.
    pub(super) all: Vec<Needle>,
    /// What opens what is encrypted or sealed.
    pub(super) keys: Option<Keys>,
    /// Columns that would tell the person and cannot, in tables without another one.
    pub(super) cannot_be_told: BTreeSet<String>,
}

/// What a subject is in the lake.
#[derive(Debug)]
pub(super) struct Needle {
    /// The tables where it may be, as `schema.table`; `None`: all of them.
    only: Option<BTreeSet<String>>,
    /// The domain that its values are compared in.
    own: Domain,
    /// The value in its canonical form.
    pub(super) wanted: String,
    /// Texts that nothing else has, wherever they stand: pseudonyms and encrypted values.
    pub(super) codes: BTreeSet<String>,
    /// Columns, by their names in lower case, in which the value makes a row the person's.
    pub(super) kept: BTreeSet<String>,
    /// The domains that it is encrypted in.
    pub(super) encrypted: BTreeMap<String, Domain>,
    /// The value as it is, in lower case, for what is sealed because nobody could treat it.
    pub(super) raw: BTreeSet<String>,
}

impl Needle {
    fn new(subject: &Subject) -> Result<Self, RunError> {
        let own = domain_of(subject.own_name())?;
        let wanted = own.canonical(&subject.value);
        Ok(Self {
            only: None,
            raw: BTreeSet::from([subject.value.to_lowercase(), wanted.to_lowercase()]),
            kept: BTreeSet::from([subject.own_name().to_lowercase()]),
            codes: BTreeSet::new(),
            encrypted: BTreeMap::new(),
            own,
            wanted,
        })
    }

    /// Whether it may be in a table.
    pub(super) fn may_be_in(&self, table: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(table))
    }

    /// Whether a value is the subject's, however it is written.
    pub(super) fn is(&self, value: &str) -> bool {
        self.own.canonical(value) == self.wanted
    }

    fn keep(&mut self, column: &str) {
        self.kept.insert(column.rsplit('.').next().unwrap_or(column).to_lowercase());
    }
}

impl Needles {
    /// What may be in a table.
    pub(super) fn of(&self, table: &TableName) -> Vec<&Needle> {
        let table = table.to_string();
        self.all.iter().filter(|needle| needle.may_be_in(&table)).collect()
    }
}

/// The domain of values that are known by a name.
fn domain_of(name: &str) -> Result<Domain, RunError> {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    Ok(Domain::new(&plain)?)
}

impl Workspace {
    /// What the subjects are in the lake, by what the commits of each source's table remember of how it was treated.
    pub(super) async fn needles(
        &self,
        subjects: &[Subject],
        columns: &[LandedColumns],
        keys: &Keys,
    ) -> Result<Needles, RunError> {
        let mut needles = Needles { keys: Some(keys.clone()), ..Needles::default() };
        for subject in subjects {
            let mut needle = Needle::new(subject)?;
            needle.only = self.only(subject, columns)?;
            let mut domains = vec![needle.own.clone()];
            for table in columns {
                let meant = table.meant(&subject.name);
                for column in &meant {
                    let landed = table.landing.as_ref().and_then(|landing| landing.columns.get(*column));
                    let decided = table.policy.column(column).and_then(|decided| match &decided.treatment {
                        Treatment::Pseudonym { domain } => Some(domain.clone()),
                        _ => None,
                    });
                    domains.extend(decided.into_iter().chain(landed.and_then(LandedColumn::pseudonym_domain)));
                    if let Some(domain) = landed.and_then(LandedColumn::encryption_domain) {
                        self.encrypted(table, column, &domain, subject, keys, &mut needle).await?;
                        needle.encrypted.insert(domain.name().to_owned(), domain);
                    }
                    if landed.is_some_and(|landed| landed.treatment() == Treatment::Keep.name()) {
                        needle.keep(column);
                    }
                }
                needles.cannot_be_told.extend(not_told(table, &meant));
            }
            let codes = domains.iter().flat_map(|domain| keys.all().iter().map(move |key| (domain, key)));
            for (domain, key) in codes {
                // In a domain that keeps spellings apart, as it is usually written, too.
                let usual = (domain.form() == CanonicalForm::Exact).then_some(needle.wanted.as_str());
                let spellings = [Some(subject.value.as_str()), usual].into_iter().flatten();
                needle.codes.extend(spellings.filter_map(|value| pseudonym(value, domain, key)));
            }
            needles.all.push(needle);
        }
        Ok(needles)
    }

    /// The tables where a subject with a whole name may be: its own, what is kept apart of it, and what is made from it.
    fn only(&self, subject: &Subject, columns: &[LandedColumns]) -> Result<Option<BTreeSet<String>>, RunError> {
        let Some(whole) = subject.table() else { return Ok(None) };
        let Some(found) = columns.iter().find(|table| table.table.to_string().eq_ignore_ascii_case(whole)) else {
            return Err(RunError::usage(
                format!("no source's table is called `{whole}`"),
                "write the name of its schema, table and column in the lake: `ade privacy audit` lists them".to_owned(),
            ));
        };
        if found.meant(&subject.name).is_empty() {
            return Err(RunError::usage(
                format!("`{whole}` has no column `{}`", subject.own_name()),
                format!("`ade privacy audit` lists the columns of `{whole}`"),
            ));
        }
        let mut only = BTreeSet::from([found.table.to_string(), beside(&found.table)?.to_string()]);
        if let Some(source) = &found.source {
            let readers = self.project.graph.descendants(source.id.as_str(), None);
            only.extend(readers.iter().filter_map(|id| self.project.relation(id)).map(ToString::to_string));
        }
        Ok(Some(only))
    }

    /// The texts of an encrypted column that are the subject's, however it is written there.
    async fn encrypted(
        &self,
        table: &LandedColumns,
        column: &str,
        domain: &Domain,
        subject: &Subject,
        keys: &Keys,
        needle: &mut Needle,
    ) -> Result<(), RunError> {
        // As it is usually written it is known without a look.
        for key in keys.all() {
            for text in [subject.value.clone(), needle.wanted.clone()] {
                needle.codes.insert(sealed(&text, domain.clone(), key)?);
            }
        }
        let mut path = column.split('.').map(|part| part.replace('"', "\"\""));
        let first = path.next().unwrap_or_default();
        // Fields of a struct are asked for as SQL does.
        let value =
            path.fold(format!("\"{first}\""), |value, field| format!("{value}['{}']", field.replace('\'', "''")));
        let name = RelationName::new(table.table.schema(), table.table.table());
        let sql = format!("select distinct {value} from {}", name.to_sql());
        let mut rows = self.session(At::Latest).query(&sql).await?;
        while let Some(batch) = rows.next().await.transpose()? {
            let texts =
                cast(batch.column(0), &DataType::Utf8).map_err(|_| RunError::Stamp { rows: batch.num_rows() })?;
            for sealed in texts.as_string::<i32>().iter().flatten() {
                let Some(key) = key_id_of(sealed).and_then(|id| keys.get(id)) else { continue };
                if needle.is(&decrypt_text(sealed, domain, key)?) {
                    needle.codes.insert(sealed.to_owned());
                }
            }
        }
        Ok(())
    }
}

/// The columns that would tell who is known by a name, if none of them landed so that they do.
fn not_told(table: &LandedColumns, meant: &BTreeSet<&str>) -> Vec<String> {
    let Some(landing) = &table.landing else { return Vec::new() };
    let landed = || meant.iter().filter_map(|column| Some((column, landing.columns.get(*column)?)));
    if landed().any(|(_, landed)| landed.tells()) {
        return Vec::new();
    }
    landed().map(|(column, landed)| format!("{}.{column} ({})", table.table, landed.treatment())).collect()
}
