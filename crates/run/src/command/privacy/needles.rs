//! What a person is in the lake: pseudonyms under each key, encrypted texts, values that are kept.
use std::collections::{BTreeMap, BTreeSet};

use ade_engine::RelationName;
use ade_lake::At;
use ade_privacy::{Domain, Keys, Treatment, decrypt_text, is_meant, key_id_of, pseudonym};
use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use futures::StreamExt;

use super::erase::Subject;
use super::landed_columns::LandedColumns;
use super::reveal::sealed;
use crate::error::RunError;
use crate::source::LandedColumn;
use crate::workspace::Workspace;

/// What to look for.
#[derive(Debug, Default)]
pub(super) struct Needles {
    /// Texts that nothing else has, wherever they stand: pseudonyms and encrypted values.
    pub(super) codes: BTreeSet<String>,
    /// Columns by their names in lower case, with the values that make a row the person's, in their canonical forms.
    pub(super) kept: BTreeMap<String, Vec<(Domain, String)>>,
    /// The values as they are, in lower case, for what is sealed because nobody could treat it.
    pub(super) raw: BTreeSet<String>,
    /// What opens it.
    pub(super) keys: Option<Keys>,
    /// Columns that would tell the person and cannot, in tables without another one.
    pub(super) cannot_be_told: Vec<String>,
}

impl Needles {
    fn keep(&mut self, column: &str, domain: &Domain, value: &str) {
        let own = column.rsplit('.').next().unwrap_or(column).to_lowercase();
        let known = self.kept.entry(own).or_default();
        let wanted = (domain.clone(), domain.canonical(value));
        if !known.contains(&wanted) {
            known.push(wanted);
        }
    }
}

/// The domain of values that are known by a name.
pub(super) fn domain_of(name: &str) -> Result<Domain, RunError> {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    Ok(Domain::new(&plain)?)
}

impl Workspace {
    /// What the subjects are in the lake, by what the commits of each source's table remember of how it was treated.
    pub(super) async fn needles(
        &self,
        subjects: &[Subject],
        columns: &[LandedColumns<'_>],
        keys: &Keys,
    ) -> Result<Needles, RunError> {
        let mut needles = Needles { keys: Some(keys.clone()), ..Needles::default() };
        for subject in subjects {
            let own = domain_of(&subject.name)?;
            needles.raw.extend([subject.value.to_lowercase(), own.canonical(&subject.value).to_lowercase()]);
            let mut domains = vec![own.clone()];
            needles.keep(&subject.name, &own, &subject.value);
            for table in columns {
                for decided in table.policy.columns().iter().filter(|decided| is_meant(decided, &subject.name)) {
                    let landed = table.landing.as_ref().and_then(|landing| landing.columns.get(&decided.column));
                    let decided_domain = match &decided.treatment {
                        Treatment::Pseudonym { domain } => Some(domain.clone()),
                        _ => None,
                    };
                    domains.extend(decided_domain.into_iter().chain(landed.and_then(LandedColumn::pseudonym_domain)));
                    if let Some(domain) = landed.and_then(LandedColumn::encryption_domain) {
                        self.encrypted(table, &decided.column, &domain, &own, subject, keys, &mut needles).await?;
                    }
                    if landed.is_some_and(|landed| landed.treatment() == Treatment::Keep.name()) {
                        needles.keep(&decided.column, &own, &subject.value);
                    }
                }
            }
            domains.dedup();
            needles.cannot_be_told.extend(columns.iter().flat_map(|table| not_told(table, &subject.name)));
            for (domain, key) in domains.iter().flat_map(|domain| keys.all().iter().map(move |key| (domain, key))) {
                needles.codes.extend(pseudonym(&subject.value, domain, key));
            }
        }
        Ok(needles)
    }

    /// The texts of an encrypted column that are the subject's, however it is written there.
    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own about the same column")]
    async fn encrypted(
        &self,
        table: &LandedColumns<'_>,
        column: &str,
        domain: &Domain,
        own: &Domain,
        subject: &Subject,
        keys: &Keys,
        needles: &mut Needles,
    ) -> Result<(), RunError> {
        let wanted = own.canonical(&subject.value);
        // As it is usually written it is known without a look: earlier versions may have it where this one has not.
        for (text, key) in
            [&subject.value, &wanted].iter().flat_map(|text| keys.all().iter().map(move |key| (text, key)))
        {
            needles.codes.insert(sealed(text, domain.clone(), key)?);
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
                let plain = decrypt_text(sealed, domain, key)?;
                if own.canonical(&plain) == wanted {
                    needles.codes.insert(sealed.to_owned());
                }
            }
        }
        Ok(())
    }
}

/// The columns that would tell who is known by a name, if none of them landed so that they do.
fn not_told(table: &LandedColumns<'_>, name: &str) -> Vec<String> {
    let meant = table.policy.columns().iter().filter(|decided| is_meant(decided, name));
    let landed =
        meant.filter_map(|decided| Some((&decided.column, table.landing.as_ref()?.columns.get(&decided.column)?)));
    let landed: Vec<_> = landed.collect();
    let tells = landed.iter().any(|(_, landed)| {
        let is_kept = landed.treatment() == Treatment::Keep.name();
        is_kept || landed.pseudonym_domain().is_some() || landed.encryption_domain().is_some()
    });
    if tells {
        return Vec::new();
    }
    landed.into_iter().map(|(column, landed)| format!("{}.{column} ({})", table.table, landed.treatment())).collect()
}
