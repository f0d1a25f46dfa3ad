//! Lands rejects after a fix: rows whose reasons hold no more, and values that fit by now.
//!
//! Order is kept by key: a row that landed later took its reject with it, and a value is put back only into the row of the batch
//! that it came with. Twice is once: rejects are set aside for the replay's batch first, then the table gets that batch, then they
//! are called replayed. Whoever died in between finds in the table's log whether the batch is there.
mod mending;
mod records;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ade_diagnostic::{agree, count};
use ade_engine::{MemoryCatalog, RelationName, Session};
use ade_lake::{
    At, CommitNote, KeySpec, LakeError, Lease, SchemaChange, Snapshot, StageRequest, StageWriter, TableName, Write,
};
use ade_project::NodeId;
use ade_project::resource::{Ingest, SourceTable};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use chrono::SecondsFormat;
use futures::StreamExt;
use uuid::Uuid;

use self::mending::Mending;
use super::collected::Account;
use super::extras::IS_DELETED;
use super::ingest::landed;
use super::quarantine::{KIND, REPLAYED, ROW, RULE, SEALED, STATE, beside};
use super::reject_state::{Restating, with_states};
use super::rejection::RejectKind;
use super::stamp::BATCH_ID;
use crate::build::{Build, Outcome, RejectFilter, TaskError, discard_stage, relation_name};
use crate::error::RunError;
use crate::event::{CheckReport, Status};
use crate::failpoint::{self, hit};
use crate::workspace::Workspace;

/// What the state of rejects begins with that a replay has set aside.
const REPLAYING: &str = "replaying";

/// Lands the open rejects of one table that a filter takes.
pub(crate) async fn replay(
    build: &Build,
    filter: &RejectFilter,
    source: &SourceTable,
    checks: &[NodeId],
) -> Result<Outcome, TaskError> {
    let connections = &build.workspace.project.connections;
    let connection = source.connection.as_ref().and_then(|name| connections.get(name));
    if let Some(connection) = connection.filter(|connection| connection.kind == "events") {
        return build.collected.replayed(build, connection, &source.id, filter).await;
    }
    Box::pin(replay_rows(build, filter, source, checks, None)).await
}

/// Lands the open rejects of one table that are rows, or values of some; `account`: where it is counted what became of them.
pub(super) async fn replay_rows(
    build: &Build,
    filter: &RejectFilter,
    source: &SourceTable,
    checks: &[NodeId],
    account: Option<&Account<'_>>,
) -> Result<Outcome, TaskError> {
    let Some(declared) = source.ingest.as_ref().filter(|_| filter.takes(&source.source, &source.name)) else {
        return Ok(Outcome::unchanged());
    };
    let workspace = &build.workspace;
    let table = Workspace::table_name(&source.relation)?;
    let apart = beside(&table)?;
    let lease = workspace.lake.lease(&table, "ade rejects replay").await?;
    let replaying = async {
        let apart_lease = workspace.lake.lease(&apart, "ade rejects replay").await?;
        let replay = Replay {
            build,
            filter,
            source,
            declared,
            checks,
            table: &table,
            lease: &lease,
            apart: &apart,
            apart_lease: &apart_lease,
            account,
        };
        let result = Box::pin(replay.carry_out()).await;
        workspace.release(&apart, &apart_lease).await;
        result
    };
    let result = Box::pin(replaying).await;
    workspace.release(&table, &lease).await;
    result
}

/// Rejects of one table on their way into it.
struct Replay<'a> {
    build: &'a Build,
    filter: &'a RejectFilter,
    source: &'a SourceTable,
    declared: &'a Ingest,
    checks: &'a [NodeId],
    table: &'a TableName,
    lease: &'a Lease,
    /// Where they are kept apart.
    apart: &'a TableName,
    apart_lease: &'a Lease,
    account: Option<&'a Account<'a>>,
}

/// What came of the rejects.
#[derive(Default)]
struct Replayed {
    /// What tells those apart that land.
    digests: HashSet<String>,
    rows: u64,
    values: u64,
    /// Why others stay, and how many.
    stay: BTreeMap<String, u64>,
}

impl Replay<'_> {
    async fn carry_out(&self) -> Result<Outcome, TaskError> {
        let lake = &self.build.workspace.lake;
        let current = match lake.snapshot(self.table, At::Latest).await {
            Ok(current) => current,
            Err(LakeError::NoTable { .. }) => return Ok(Outcome::unchanged()),
            Err(error) => return Err(error.into()),
        };
        let Some(apart) = with_states(&self.build.workspace, self.apart).await? else {
            return Ok(Outcome::unchanged());
        };
        self.settle_interrupted().await?;
        let batch_id = self.build.workspace.world.ids.next();
        let has_key = !self.declared.key.is_empty();
        let write = if has_key { Write::Upsert(KeySpec::new(self.spelled_key(&current))) } else { Write::Append };
        let request = StageRequest::new(Arc::clone(current.schema()), write).schema_change(SchemaChange::Evolve);
        let mut writer = lake.stage(self.table, request, self.lease).await?;
        let mut replayed = Replayed::default();
        let staged = async {
            Box::pin(self.stage(&current, &apart, &mut writer, &mut replayed)).await?;
            // Messages are replayed as such.
            if self.account.is_some() {
                return Ok(());
            }
            Box::pin(self.stage_records(&current, &mut writer, &mut replayed)).await
        };
        if let Err(error) = staged.await {
            discard_stage(writer).await;
            return Err(error);
        }
        if self.account.is_none() {
            self.count_values(&mut replayed).await?;
        }
        let mut outcome = Outcome::unchanged();
        if replayed.digests.is_empty() {
            discard_stage(writer).await;
        } else {
            Box::pin(self.commit(writer, batch_id, &replayed, &mut outcome)).await?;
        }
        if !replayed.stay.is_empty() {
            let stay: u64 = replayed.stay.values().sum();
            let why: Vec<String> = replayed.stay.iter().map(|(why, rejects)| format!("{rejects} × {why}")).collect();
            outcome.note(&format!("{} {}: {}", count(stay, "reject"), agree(stay, "stays", "stay"), why.join(", ")));
            outcome.warn();
        }
        Ok(outcome)
    }

    /// Audits and commits what is staged.
    async fn commit(
        &self,
        writer: StageWriter,
        batch_id: Uuid,
        replayed: &Replayed,
        outcome: &mut Outcome,
    ) -> Result<(), TaskError> {
        let staged = writer.finish().await?;
        let checks = self.build.audit_table(&self.source.relation, self.checks, &staged).await?;
        if checks.iter().any(CheckReport::stops) {
            staged.discard().await?;
            outcome.audited(checks);
            outcome.note("no reject is replayed: a check stopped that");
            return Ok(());
        }
        let is_one = |digest: &str| replayed.digests.contains(digest);
        self.restate("state = 'open'", format!("{REPLAYING} {batch_id}")).carry_out(is_one).await?;
        hit(failpoint::REJECTS_SET_ASIDE)?;
        let note = CommitNote { run_id: Some(self.build.run_id), ..CommitNote::new(batch_id) };
        let version = staged.commit(&note).await?.version();
        hit(failpoint::REJECTS_COMMITTED)?;
        if let Some(account) = self.account {
            account.rows_landed(self.source, &batch_id.to_string(), replayed.rows).await?;
        }
        self.restate(&format!("state = '{REPLAYING} {batch_id}'"), self.done()).carry_out(|_| true).await?;
        outcome.status = Status::Success;
        outcome.audited(checks);
        outcome.version = Some(version);
        outcome.rows = Some(replayed.rows + replayed.values);
        outcome.batches.push(batch_id);
        let counts = [(replayed.rows, "row"), (replayed.values, "value")];
        let counts = counts.into_iter().filter(|(times, _)| *times > 0).map(|(times, what)| count(times, what));
        outcome.note(&format!("replayed: {}", counts.collect::<Vec<_>>().join(", ")));
        Ok(())
    }

    /// Rejects that another replay set aside without saying how it ended are open again, unless their batch is there.
    async fn settle_interrupted(&self) -> Result<(), TaskError> {
        let name = RelationName::new(self.apart.schema(), self.apart.table()).to_sql();
        let sql = format!("select distinct {STATE} from {name} where {STATE} like '{REPLAYING} %'");
        let states = self.texts(&sql).await?;
        if states.is_empty() {
            return Ok(());
        }
        let history = self.build.workspace.lake.history(self.table, None).await?;
        let batches: HashSet<String> =
            history.iter().filter_map(|commit| commit.batch_id).map(|batch| batch.to_string()).collect();
        for state in states {
            let batch = state.split(' ').nth(1).filter(|batch| batches.contains(*batch));
            let is_there = batch.is_some();
            if let (Some(batch), Some(account)) = (batch, self.account) {
                let kind = RejectKind::Row.word();
                let sql = format!("select {ROW} from {name} where {STATE} = '{state}' and {KIND} = '{kind}'");
                account.rows_landed(self.source, batch, self.texts(&sql).await?.len() as u64).await?;
            }
            let now = if is_there { self.done() } else { "open".to_owned() };
            self.restate(&format!("state = '{state}'"), now).carry_out(|_| true).await?;
        }
        Ok(())
    }

    async fn stage(
        &self,
        current: &Snapshot,
        apart: &Snapshot,
        writer: &mut StageWriter,
        replayed: &mut Replayed,
    ) -> Result<(), TaskError> {
        let landing = landed(current).unwrap_or_default();
        let mut mending = Mending::new(self.build, self.source, self.declared, landing);
        for kind in [RejectKind::Row, RejectKind::Value] {
            let Some(sql) = self.query(kind, current, apart) else { continue };
            let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
            let mut answer = self.session().query(&sql).await.map_err(failed)?;
            while let Some(batch) = answer.next().await {
                let mended = mending.mend(&batch.map_err(failed)?, current.schema())?;
                for why in mended.stay {
                    *replayed.stay.entry(why).or_default() += 1;
                }
                let rows = mended.rows.num_rows() as u64;
                match kind {
                    RejectKind::Value => replayed.values += rows,
                    RejectKind::Row | RejectKind::Record => replayed.rows += rows,
                }
                replayed.digests.extend(mended.digests);
                if rows > 0 {
                    writer.write(mended.rows).await?;
                }
            }
        }
        Ok(())
    }

    /// The open rejects of a kind as rows of the table, with what is said of them behind: the row of the table itself, for a
    /// value of it. `None` where nobody knows which that is.
    fn query(&self, kind: RejectKind, current: &Snapshot, apart: &Snapshot) -> Option<String> {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let is_value = kind == RejectKind::Value;
        let fields = current.schema().fields().iter().map(|field| match field.name().as_str() {
            name if is_value => format!("t.{}", quoted(name)),
            IS_DELETED => format!("false as {IS_DELETED}"),
            name if apart.schema().field_with_name(name).is_ok() => format!("q.{}", quoted(name)),
            name => format!("null as {}", quoted(name)),
        });
        let said = [ROW, RULE, SEALED].map(|name| format!("cast(q.{name} as varchar)"));
        let columns: Vec<String> = fields.chain(said).collect();
        let from = RelationName::new(self.apart.schema(), self.apart.table()).to_sql();
        let join = if is_value {
            let key = self.spelled_key(current);
            if key.is_empty() {
                return None;
            }
            let columns = key.iter().map(String::as_str).chain([BATCH_ID]);
            let equal: Vec<String> = columns.map(|name| format!("t.{0} = q.{0}", quoted(name))).collect();
            format!(" join {} t on {}", relation_name(&self.source.relation).to_sql(), equal.join(" and "))
        } else {
            String::new()
        };
        let conditions = self.conditions(kind).join(" and ");
        Some(format!("select {} from {from} q{join} where {conditions}", columns.join(", ")))
    }

    fn conditions(&self, kind: RejectKind) -> Vec<String> {
        let mut conditions = vec![format!("q.{STATE} = 'open'"), format!("q.{KIND} = '{}'", kind.word())];
        conditions.extend(self.filter.conditions(&format!("q.{RULE}"), &format!("q.{BATCH_ID}")));
        conditions
    }

    /// Counts what cannot be replayed at all: values of rows that nobody can find.
    async fn count_values(&self, replayed: &mut Replayed) -> Result<(), TaskError> {
        if !self.declared.key.is_empty() {
            return Ok(());
        }
        let from = RelationName::new(self.apart.schema(), self.apart.table()).to_sql();
        let conditions = self.conditions(RejectKind::Value).join(" and ");
        let sql = format!("select count(*) from {from} q where {conditions}");
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let answer = self.session().query(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
        let rows = answer.first().and_then(|batch| batch.column(0).as_primitive_opt::<Int64Type>()?.iter().next()?);
        if let Some(rows) = rows.and_then(|rows| u64::try_from(rows).ok()).filter(|rows| *rows > 0) {
            replayed.stay.insert("without a `key` nobody knows which row the value is of".to_owned(), rows);
        }
        Ok(())
    }

    /// Knows each table as it is when it is first asked for.
    fn session(&self) -> Session {
        self.build.session(MemoryCatalog::new(), &self.source.relation.schema)
    }

    fn restate(&self, condition: &str, state: String) -> Restating<'_> {
        Restating {
            workspace: &self.build.workspace,
            table: self.apart,
            lease: self.apart_lease,
            condition: condition.replacen("state", STATE, 1),
            state,
            run_id: self.build.run_id,
        }
    }

    fn done(&self) -> String {
        let now = self.build.workspace.world.clock.now();
        format!("{REPLAYED} {}", now.to_rfc3339_opts(SecondsFormat::Secs, true))
    }

    /// The columns of the key as the table spells them.
    fn spelled_key(&self, current: &Snapshot) -> Vec<String> {
        let spelled = |name: &String| {
            let field = current.schema().fields().iter().find(|field| field.name().eq_ignore_ascii_case(name));
            field.map_or_else(|| name.clone(), |field| field.name().clone())
        };
        self.declared.key.iter().map(spelled).collect()
    }

    async fn texts(&self, sql: &str) -> Result<Vec<String>, TaskError> {
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let answer = self.session().query(sql).await.map_err(failed)?.collect().await.map_err(failed)?;
        let mut found = Vec::new();
        for batch in answer {
            found.extend(mending::texts(&batch, 0)?.into_iter().flatten());
        }
        Ok(found)
    }
}

/// Rejects that may land.
struct Mended {
    /// As rows of the table.
    rows: RecordBatch,
    /// What tells them apart.
    digests: Vec<String>,
    /// Why each of the others stays.
    stay: Vec<String>,
}
