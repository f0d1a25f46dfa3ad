//! `ade privacy erase`: a person goes from every table, version, file and entry of the log, and does not come back.
//!
//! First the person is on the list of those who do not land any more, then on a certificate that is not complete, and then table
//! after table is searched and, under its lease, rewritten without the person's rows; its earlier versions are removed. Whoever wrote a
//! table meanwhile may have read another one before that was searched, so tables that changed are searched again until none did. The
//! certificate is complete when nothing is left anywhere. Whoever is interrupted runs it again: what is done is found to be done.
use std::collections::BTreeMap;
use std::time::Duration;

use ade_lake::TableName;
use ade_privacy::{Keys, Suppressions};

use super::certificate::{Certificate, ErasedSubject, ErasedTable};
use super::erasing::Erasing;
use super::landed_columns::LandedColumns;
use super::needles::Needles;
use super::subject::Subject;
use crate::error::RunError;
use crate::failpoint::{self, hit};
use crate::workspace::Workspace;

/// How often all tables are gone through: somebody who builds all the time would never let it end.
const PASSES: usize = 8;

/// Who is to be erased, and how.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// What the person is known by.
    pub subjects: Vec<Subject>,
    /// Whether to say what would be rewritten, and do nothing.
    pub dry_run: bool,
    /// How long to wait for somebody who writes a table.
    pub patience: Duration,
}

impl Workspace {
    /// Erases a person. Gives the certificate, which is complete if nothing is left, and where it is in the project; of a dry run, what
    /// it would say.
    pub async fn erase(&self, erasure: &Erasure) -> Result<(Certificate, Option<String>), RunError> {
        if erasure.subjects.is_empty() {
            return Err(RunError::usage("nobody is named", "--subject email=ada@example.com".to_owned()));
        }
        let keys = self.keys()?;
        let columns = self.landed_columns().await?;
        let needles = self.needles(&erasure.subjects, &columns, &keys).await?;
        let mut list = self.suppressions()?;
        let subjects = listed(&erasure.subjects, &columns, &keys, &mut list)?;
        let mut certificate = self.certificate(subjects, &keys, &needles);
        let run_id = self.world.ids.next();
        let erasing = Erasing { workspace: self, needles: &needles, run_id };
        if erasure.dry_run {
            for table in &self.lake.folders_of_tables().await? {
                match erasing.would_erase(table).await? {
                    Some(found) => certificate.rewritten.push(found),
                    None => certificate.searched.push(table.to_string()),
                }
            }
            return Ok((certificate, None));
        }
        self.must_be_writable("ade privacy erase")?;
        self.write_as(run_id, "ade privacy erase", erasure.patience);
        // Nobody lands the person any more from here on.
        self.keep_suppressions(&list)?;
        let path = self.keep_certificate(&certificate)?;
        hit(failpoint::ERASE_SUPPRESSED)?;
        self.erase_tables(&erasing, &mut certificate).await?;
        self.search_elsewhere(&needles, &mut certificate).await?;
        hit(failpoint::ERASE_SEARCHED)?;
        if certificate.remains.is_empty() {
            certificate.completed_at = Some(self.world.clock.now());
        }
        self.keep_certificate(&certificate)?;
        Ok((certificate, Some(path)))
    }

    fn certificate(&self, subjects: Vec<ErasedSubject>, keys: &Keys, needles: &Needles) -> Certificate {
        Certificate {
            id: self.world.ids.next().to_string(),
            environment: self.environment().to_owned(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            begun_at: self.world.clock.now(),
            completed_at: None,
            subjects,
            keys: keys.all().iter().map(|key| key.id().to_string()).collect(),
            rewritten: Vec::new(),
            searched: Vec::new(),
            cannot_be_told: needles.cannot_be_told.iter().cloned().collect(),
            positions: Vec::new(),
            also_searched: Vec::new(),
            remains: Vec::new(),
        }
    }

    /// Goes through all tables until none of them changed since it was searched.
    async fn erase_tables(&self, erasing: &Erasing<'_>, certificate: &mut Certificate) -> Result<(), RunError> {
        let mut rewritten: BTreeMap<TableName, ErasedTable> = BTreeMap::new();
        let mut seen: BTreeMap<TableName, blake3::Hash> = BTreeMap::new();
        for _ in 0..PASSES {
            let mut is_clean = true;
            for table in self.lake.folders_of_tables().await? {
                if seen.get(&table) == Some(&self.contents(&table).await?) {
                    continue;
                }
                let is_again = seen.contains_key(&table);
                let lease = self.lake.lease(&table, "ade privacy erase").await?;
                let erased = Box::pin(erasing.erase_from(&table, &lease)).await;
                let contents = self.contents(&table).await;
                self.lake.release(&lease).await?;
                seen.insert(table.clone(), contents?);
                is_clean &= !is_again;
                let Some(erased) = erased? else { continue };
                is_clean = false;
                rewritten.entry(table).or_default().add(erased);
                certificate.rewritten = rewritten.values().cloned().collect();
                self.keep_certificate(certificate)?;
                hit(failpoint::ERASE_TABLE)?;
            }
            if is_clean {
                let searched = seen.keys().filter(|table| !rewritten.contains_key(*table));
                certificate.searched = searched.map(ToString::to_string).collect();
                return Ok(());
            }
        }
        certificate.remains.push(
            "tables were written all the time, by somebody who read them before: run it again when no build is running"
                .to_owned(),
        );
        Ok(())
    }

    /// What a table's folder holds: every name in it, and each is written once.
    async fn contents(&self, table: &TableName) -> Result<blake3::Hash, RunError> {
        let mut objects = self.lake.objects(table).await?;
        objects.sort();
        let mut hasher = blake3::Hasher::new();
        for object in objects {
            hasher.update(object.as_bytes()).update(&[0]);
        }
        Ok(hasher.finalize())
    }
}

/// Puts subjects on the list of those who do not come back. Gives what of them stands in the certificate.
fn listed(
    subjects: &[Subject],
    columns: &[LandedColumns],
    keys: &Keys,
    list: &mut Suppressions,
) -> Result<Vec<ErasedSubject>, RunError> {
    let mut all = Vec::new();
    for subject in subjects {
        let Some(code) = Suppressions::code(&subject.name, &subject.value, keys)? else { continue };
        list.add(&subject.name, &code);
        let columns = columns.iter().flat_map(|table| {
            table.meant(&subject.name).into_iter().map(|column| format!("{}.{column}", table.table)).collect::<Vec<_>>()
        });
        all.push(ErasedSubject { name: subject.name.clone(), code, columns: columns.collect() });
    }
    Ok(all)
}
