//! `ade privacy erase`: a person goes from every table, version, file and entry of the log, and does not come back.
//!
//! First the person is on the list of those who do not land any more, then on a certificate that is not complete, and then table
//! after table is searched and, under its lease, rewritten without the person's rows; its earlier versions are removed. At last everything is
//! searched again, and the certificate is complete. Whoever is interrupted runs it again: what is done is found to be done.
use std::sync::Arc;
use std::time::Duration;

use ade_engine::RelationName;
use ade_lake::{At, CommitNote, LakeError, Lease, MaintainOptions, Snapshot, StageRequest, TableName, Write};
use ade_privacy::Suppressions;
use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, not, or};
use chrono::TimeDelta;
use futures::StreamExt;
use uuid::Uuid;

use super::certificate::{Certificate, ErasedSubject, ErasedTable};
use super::needles::Needles;
use super::search::past_holds;
use crate::error::RunError;
use crate::failpoint::{self, hit};
use crate::workspace::{Workspace, state_folder};

/// How often what is left in a table's past is removed: an entry of the log may be of this very moment.
const ATTEMPTS: u32 = 20;

/// Somebody who is to be erased.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    /// What the person is known by: a domain, a class or a column.
    pub name: String,
    /// The raw value.
    pub value: String,
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Subject({})", self.name)
    }
}

impl Subject {
    /// Reads `NAME=VALUE`.
    pub fn parse(text: &str) -> Result<Self, RunError> {
        let parts = text.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        match parts.filter(|(name, value)| !name.is_empty() && !value.is_empty()) {
            Some((name, value)) => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
            // The text may be a value.
            None => Err(RunError::usage(
                "a subject is NAME=VALUE",
                "such as email=ada@example.com, or customer_id=42".to_owned(),
            )),
        }
    }
}

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
    /// Erases a person. Gives the certificate and where it is in the project; of a dry run, what it would say.
    pub async fn erase(&self, erasure: &Erasure) -> Result<(Certificate, Option<String>), RunError> {
        if erasure.subjects.is_empty() {
            return Err(RunError::usage("nobody is named", "--subject email=ada@example.com".to_owned()));
        }
        let keys = self.keys()?;
        let columns = self.landed_columns().await?;
        let needles = self.needles(&erasure.subjects, &columns, &keys).await?;
        let mut list = self.suppressions()?;
        let mut subjects = Vec::new();
        for subject in &erasure.subjects {
            if let Some(code) = Suppressions::code(&subject.name, &subject.value, &keys)? {
                list.add(&subject.name, &code);
                subjects.push(ErasedSubject { name: subject.name.clone(), code });
            }
        }
        let mut certificate = Certificate {
            id: self.world.ids.next().to_string(),
            environment: self.environment().to_owned(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            begun_at: self.world.clock.now(),
            completed_at: None,
            subjects,
            keys: keys.all().iter().map(|key| key.id().to_string()).collect(),
            rewritten: Vec::new(),
            searched: Vec::new(),
            cannot_be_told: needles.cannot_be_told.clone(),
            also_searched: Vec::new(),
        };
        let tables = self.lake.folders_of_tables().await?;
        if erasure.dry_run {
            for table in &tables {
                match self.would_erase(table, &needles).await? {
                    Some(found) => certificate.rewritten.push(found),
                    None => certificate.searched.push(table.to_string()),
                }
            }
            return Ok((certificate, None));
        }
        self.must_be_writable("ade privacy erase")?;
        let run_id = self.world.ids.next();
        self.write_as(run_id, "ade privacy erase", erasure.patience);
        // Nobody lands the person any more from here on.
        self.keep_suppressions(&list)?;
        let path = self.keep_certificate(&certificate)?;
        hit(failpoint::ERASE_SUPPRESSED)?;
        for table in &tables {
            let lease = self.lake.lease(table, "ade privacy erase").await?;
            let erased = Box::pin(self.erase_from(table, &needles, run_id, &lease)).await;
            self.lake.release(&lease).await?;
            match erased? {
                Some(erased) => {
                    certificate.rewritten.push(erased);
                    self.keep_certificate(&certificate)?;
                    hit(failpoint::ERASE_TABLE)?;
                }
                None => certificate.searched.push(table.to_string()),
            }
        }
        self.search_state(&needles, &mut certificate)?;
        certificate.completed_at = Some(self.world.clock.now());
        self.keep_certificate(&certificate)?;
        Ok((certificate, Some(path)))
    }

    /// What would be done to a table; `None` for one that does not hold the person.
    async fn would_erase(&self, table: &TableName, needles: &Needles) -> Result<Option<ErasedTable>, RunError> {
        let rows_removed = match self.lake.snapshot(table, At::Latest).await {
            Ok(snapshot) => self.find(table, &snapshot, needles).await?.rows,
            Err(LakeError::NoTable { .. }) => 0,
            Err(error) => return Err(error.into()),
        };
        let past_held = past_holds(&self.lake, table, needles).await?;
        let found = rows_removed > 0 || past_held;
        Ok(found.then(|| ErasedTable { table: table.to_string(), rows_removed, past_held, ..ErasedTable::default() }))
    }

    /// Removes the person from a table whose lease is held, and from its past.
    async fn erase_from(
        &self,
        table: &TableName,
        needles: &Needles,
        run_id: Uuid,
        lease: &Lease,
    ) -> Result<Option<ErasedTable>, RunError> {
        let mut erased = ErasedTable { table: table.to_string(), ..ErasedTable::default() };
        match self.lake.snapshot(table, At::Latest).await {
            Ok(snapshot) => {
                erased.version_before = snapshot.version();
                let found = self.find(table, &snapshot, needles).await?;
                erased.rows_removed = found.rows;
                if found.rows > 0 {
                    self.rewrite(table, &snapshot, needles, found, run_id, lease).await?;
                    hit(failpoint::ERASE_REWRITTEN)?;
                }
            }
            Err(LakeError::NoTable { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        erased.past_held = past_holds(&self.lake, table, needles).await?;
        let mut attempt = 0;
        // Statistics in the log hold least and largest values, also of columns that are kept: the past of what was rewritten goes
        // whatever is found in it.
        let mut is_left = erased.past_held || erased.rows_removed > 0;
        if !is_left {
            return Ok(None);
        }
        while is_left {
            let options = MaintainOptions {
                compact_to_bytes: None,
                checkpoint_every: Some(1),
                log_retention: Some(TimeDelta::zero()),
                vacuum_older_than: Some(TimeDelta::zero()),
            };
            let report = self.lake.maintain(table, &options, lease).await?;
            erased.version_after = report.version;
            erased.files_removed += report.files_removed;
            erased.bytes_removed += report.bytes_removed;
            erased.log_entries_removed += report.log_entries_removed;
            attempt += 1;
            is_left = past_holds(&self.lake, table, needles).await?;
            if is_left && attempt == ATTEMPTS {
                return Err(RunError::usage(
                    format!("`{table}` still holds the person in files that could not be removed"),
                    "run it again when nobody else writes the table; the certificate is not complete until then"
                        .to_owned(),
                ));
            }
            if is_left {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(Some(erased))
    }

    /// The person's rows in a version of a table.
    async fn find(&self, table: &TableName, snapshot: &Snapshot, needles: &Needles) -> Result<Found, RunError> {
        let shape = |_| RunError::Stamp { rows: 0 };
        let mut found = Found::default();
        let mut rows = self.rows_at(table, snapshot.version()).await?;
        while let Some(batch) = rows.next().await.transpose()? {
            let by_column = needles.in_rows(&batch);
            let mut all = BooleanArray::from(vec![false; batch.num_rows()]);
            for (_, mask) in &by_column {
                all = or(&all, mask).map_err(shape)?;
            }
            if all.true_count() > 0 {
                found.rows += all.true_count() as u64;
                for (place, mask) in by_column {
                    let values = arrow::compute::filter(batch.column(place), &mask).map_err(shape)?;
                    found.values.push((batch.schema_ref().field(place).name().clone(), values));
                }
            }
        }
        Ok(found)
    }

    async fn rows_at(&self, table: &TableName, version: u64) -> Result<ade_engine::Rows, RunError> {
        let name = RelationName::new(table.schema(), table.table());
        Ok(self.session(At::Version(version)).query(&format!("select * from {}", name.to_sql())).await?)
    }

    /// Commits the table without the person's rows: where columns of plain values tell them, only the files that hold one are rewritten.
    async fn rewrite(
        &self,
        table: &TableName,
        snapshot: &Snapshot,
        needles: &Needles,
        found: Found,
        run_id: Uuid,
        lease: &Lease,
    ) -> Result<(), RunError> {
        let is_plain = found.values.iter().all(|(_, values)| !values.data_type().is_nested());
        let first = found.values.first().map(|(name, _)| name.clone()).unwrap_or_default();
        let one_column = found.values.iter().all(|(name, _)| *name == first);
        let write = if is_plain && one_column { Write::DeleteByKey { columns: vec![first] } } else { Write::Replace };
        let by_key = matches!(write, Write::DeleteByKey { .. });
        let request = StageRequest::new(Arc::clone(snapshot.schema()), write);
        let mut writer = self.lake.stage(table, request, lease).await?;
        let staged = async {
            let shape = |_| RunError::Stamp { rows: 0 };
            if by_key {
                for (name, values) in found.values {
                    let stored = snapshot.schema().field_with_name(&name).map_err(shape)?.data_type().clone();
                    let values = arrow::compute::cast(&values, &stored).map_err(shape)?;
                    let batch = RecordBatch::try_from_iter([(name, values)]).map_err(shape)?;
                    writer.write(batch).await?;
                }
            } else {
                let mut rows = self.rows_at(table, snapshot.version()).await?;
                while let Some(batch) = rows.next().await.transpose()? {
                    let mut all = BooleanArray::from(vec![false; batch.num_rows()]);
                    for (_, mask) in needles.in_rows(&batch) {
                        all = or(&all, &mask).map_err(shape)?;
                    }
                    writer.write(filter_record_batch(&batch, &not(&all).map_err(shape)?).map_err(shape)?).await?;
                }
            }
            Ok::<_, RunError>(writer.finish().await?)
        };
        let staged = staged.await?;
        let note = CommitNote {
            run_id: Some(run_id),
            reason: Some("rows of a person who was erased are gone".to_owned()),
            ..CommitNote::new(self.world.ids.next())
        };
        staged.commit(&note).await?;
        Ok(())
    }

    /// Searches what the program keeps beside the lake. It is not rewritten: no value of a row belongs there.
    fn search_state(&self, needles: &Needles, certificate: &mut Certificate) -> Result<(), RunError> {
        for path in self.state_files()? {
            let Ok(bytes) = std::fs::read(&path) else { continue };
            let within = path.strip_prefix(&self.root).unwrap_or(&path).display().to_string();
            if needles.is_in_bytes(&bytes) {
                return Err(RunError::usage(
                    format!("{within} holds the person, and is not a table"),
                    "look at what wrote it; the certificate is not complete until it is gone".to_owned(),
                ));
            }
            certificate.also_searched.push(within);
        }
        Ok(())
    }
}

impl Workspace {
    /// Files of the project's state, its keys and what is only there while the program runs aside.
    fn state_files(&self) -> Result<Vec<std::path::PathBuf>, RunError> {
        let folder = state_folder(&self.root);
        let failed = |source| RunError::File { action: "list", path: folder.clone(), source };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_type().map_err(failed)?.is_file() {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }
}

/// The rows of a person in a table.
#[derive(Default)]
struct Found {
    rows: u64,
    /// By column, the values that tell them.
    values: Vec<(String, ArrayRef)>,
}
