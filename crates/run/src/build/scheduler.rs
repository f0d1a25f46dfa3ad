//! Tasks in order and side by side, until all have ended or somebody stops them.
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ade_meta::{CheckResult, CheckStatus, RunStart, RunStatus, TaskRecord, TaskStatus};
use ade_project::NodeKind;
use chrono::{DateTime, Utc};
use tokio::task::JoinSet;

use super::hook::HookTime;
use super::results::values_at_end;
use super::summary::{summarize, waiting};
use super::task::carry_out;
use super::{Build, Outcome, Plan, TaskError};
use crate::error::RunError;
use crate::event::{CheckReport, Event, Status, Summary, TaskReport};
use crate::failpoint::{self, hit};

/// Carries out a plan; gives how it went. Fails only when the run itself cannot be recorded.
pub(crate) async fn carry_out_plan(build: Arc<Build>, plan: Plan) -> Result<Summary, RunError> {
    let workspace = Arc::clone(&build.workspace);
    let started = Instant::now();
    let start = RunStart {
        run_id: build.run_id,
        environment: workspace.environment().to_owned(),
        command: build.options.command.as_str().to_owned(),
        selection: build.options.select.join(" "),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    workspace.meta.start_run(&start).await?;
    workspace.observer.on(&Event::RunStarted {
        run_id: build.run_id.to_string(),
        command: start.command.clone(),
        environment: start.environment.clone(),
        tasks: plan.tasks.len(),
    });
    hit(failpoint::RUN_STARTED)?;
    let mut scheduler = Scheduler::new(build, plan);
    if let Err(error) = scheduler.build.run_hooks_of_run(HookTime::RunStart, None).await {
        scheduler.fail_all(&error).await?;
    }
    scheduler.run().await?;
    let cancelled = scheduler.build.is_stopped();
    let reports = scheduler.finish().await?;
    let mut summary = summarize(&scheduler.build, &reports, started.elapsed(), cancelled);
    // Also after failures: that is when somebody wants to be told.
    if !cancelled
        && let Err(error) =
            scheduler.build.run_hooks_of_run(HookTime::RunEnd, Some(&values_at_end(&workspace.project, &reports))).await
    {
        workspace.observer.on(&Event::Notice { node: None, message: error.message() });
        *summary.counts.entry(Status::Failed).or_default() += 1;
    }
    summary.waiting = waiting(&workspace, &reports).await?;
    let status = match (cancelled, summary.succeeded()) {
        (true, _) => RunStatus::Cancelled,
        (false, true) => RunStatus::Succeeded,
        (false, false) => RunStatus::Failed,
    };
    hit(failpoint::RUN_BEFORE_FINISH)?;
    workspace.meta.finish_run(scheduler.build.run_id, status).await?;
    workspace.observer.on(&Event::RunFinished(summary.clone()));
    Ok(summary)
}

struct Scheduler {
    build: Arc<Build>,
    plan: Arc<Plan>,
    /// The tasks that wait for each one.
    behind: Vec<Vec<usize>>,
    /// How many tasks each one still waits for.
    open: Vec<usize>,
    /// Tasks that wait for nothing any more.
    ready: BTreeSet<usize>,
    /// Tasks that wait for one that did not end well, with its name.
    blocked: Vec<(usize, String)>,
    has_failed: bool,
    reports: Vec<Option<TaskReport>>,
    records: Vec<TaskRecord>,
    check_results: Vec<CheckResult>,
    running: JoinSet<(usize, Result<Outcome, TaskError>)>,
    begun: HashMap<usize, (Instant, DateTime<Utc>)>,
    /// Tasks that are recorded as going on.
    told: HashSet<usize>,
    told_at: Instant,
}

/// Records are written in groups: one write per task would cost more than most tasks.
const RECORDS_AT_ONCE: usize = 64;
/// How much of what a run did can be missing from the record when its process dies.
const RECORD_EVERY: Duration = Duration::from_secs(1);
/// How long a run that is asked to stop waits for its tasks.
const STOP_WITHIN: Duration = Duration::from_secs(2);

impl Scheduler {
    fn new(build: Arc<Build>, plan: Plan) -> Self {
        let reports = plan.tasks.iter().map(|_| None).collect();
        let open: Vec<usize> = plan.tasks.iter().map(|task| task.after.len()).collect();
        let mut behind = vec![Vec::new(); plan.tasks.len()];
        for (place, task) in plan.tasks.iter().enumerate() {
            for earlier in &task.after {
                behind[*earlier].push(place);
            }
        }
        let ready = open.iter().enumerate().filter(|(_, open)| **open == 0).map(|(place, _)| place).collect();
        Self {
            behind,
            open,
            ready,
            blocked: Vec::new(),
            has_failed: false,
            build,
            plan: Arc::new(plan),
            reports,
            records: Vec::new(),
            check_results: Vec::new(),
            running: JoinSet::new(),
            begun: HashMap::new(),
            told: HashSet::new(),
            told_at: Instant::now(),
        }
    }

    async fn run(&mut self) -> Result<(), RunError> {
        let threads = self.build.options.threads.unwrap_or(self.build.workspace.world.cores).max(1);
        let mut stop = self.build.stop.clone();
        loop {
            self.start_ready(threads).await?;
            if self.running.is_empty() {
                return Ok(());
            }
            if self.told.is_empty() {
                self.tell().await?;
            }
            tokio::select! {
                () = tokio::time::sleep(RECORD_EVERY.saturating_sub(self.told_at.elapsed())) => self.tell().await?,
                ended = self.running.join_next() => match ended {
                    Some(Ok((place, result))) => self.end(place, result).await?,
                    // A panic is a bug: it must end the program as one.
                    Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                    Some(Err(_)) | None => {}
                },
                () = asked_to_stop(&mut stop) => {
                    self.stop_running().await;
                    return Ok(());
                }
            }
        }
    }

    /// Ends what is running. Nothing staged is visible, and a commit is one atomic step: tasks may be dropped anywhere. Those
    /// that only compute, and never wait for anything, cannot be; after a while they are left to the end of the process.
    async fn stop_running(&mut self) {
        // On a thread of its own: when all threads of the runtime compute, none looks at its clock.
        let patience = tokio::task::spawn_blocking(|| std::thread::sleep(STOP_WITHIN));
        tokio::select! {
            () = self.running.shutdown() => {}
            _ = patience => self.running.detach_all(),
        }
    }

    async fn start_ready(&mut self, threads: usize) -> Result<(), RunError> {
        self.skip_blocked().await?;
        if self.build.options.fail_fast && self.has_failed {
            for place in 0..self.plan.tasks.len() {
                if self.is_waiting(place) {
                    self.skip(place, "nothing: the run ends at its first failure".to_owned()).await?;
                }
            }
        }
        while self.running.len() < threads {
            let Some(place) = self.ready.pop_first() else { return Ok(()) };
            if self.is_waiting(place) {
                self.begin(place);
            }
        }
        Ok(())
    }

    /// Skips what waits for a task that did not end well, and what waits for that.
    async fn skip_blocked(&mut self) -> Result<(), RunError> {
        while let Some((place, name)) = self.blocked.pop() {
            if self.is_waiting(place) {
                self.skip(place, name).await?;
            }
        }
        Ok(())
    }

    /// Whether a task has neither begun nor ended.
    fn is_waiting(&self, place: usize) -> bool {
        self.reports[place].is_none() && !self.begun.contains_key(&place)
    }

    fn begin(&mut self, place: usize) {
        let report = self.report(place, Status::Success);
        self.build.workspace.observer.on(&Event::TaskStarted {
            node: report.node,
            name: report.name,
            kind: report.kind,
            relation: report.relation,
        });
        self.begun.insert(place, (Instant::now(), self.build.workspace.world.clock.now()));
        let (build, plan) = (Arc::clone(&self.build), Arc::clone(&self.plan));
        self.running.spawn(async move { (place, Box::pin(carry_out(&build, &plan.tasks[place])).await) });
    }

    async fn end(&mut self, place: usize, result: Result<Outcome, TaskError>) -> Result<(), RunError> {
        let outcome = result.unwrap_or_else(|error| {
            let mut outcome = Outcome::new(Status::Failed);
            outcome.note(&error.message());
            outcome
        });
        let mut report = self.report(place, outcome.status);
        report.message = outcome.message;
        report.rows = outcome.rows;
        report.version = outcome.version.and_then(|version| i64::try_from(version).ok());
        report.batches = outcome.batches.iter().map(ToString::to_string).collect();
        report.checks = outcome.checks;
        report.audited_visible = outcome.audited_visible;
        self.conclude(place, report, outcome.batches.last().copied()).await
    }

    async fn skip(&mut self, place: usize, blocker: String) -> Result<(), RunError> {
        let mut report = self.report(place, Status::Skipped);
        report.blocked_by = Some(blocker);
        self.conclude(place, report, None).await
    }

    async fn fail_all(&mut self, error: &TaskError) -> Result<(), RunError> {
        for place in 0..self.plan.tasks.len() {
            let mut report = self.report(place, Status::Failed);
            report.message = Some(error.message());
            self.conclude(place, report, None).await?;
        }
        Ok(())
    }

    fn report(&self, place: usize, status: Status) -> TaskReport {
        let project = &self.build.workspace.project;
        let node = &self.plan.tasks[place].node;
        let kind = match node.kind() {
            NodeKind::Source => "source",
            NodeKind::Seed => "seed",
            NodeKind::Test => "test",
            NodeKind::Model | NodeKind::Snapshot | NodeKind::Exposure => "model",
        };
        TaskReport {
            node: node.to_string(),
            name: node.name().to_owned(),
            kind,
            relation: project.relation(node).map(ToString::to_string),
            status,
            message: None,
            rows: None,
            version: None,
            batches: Vec::new(),
            checks: Vec::new(),
            audited_visible: false,
            blocked_by: None,
            duration_ms: 0,
        }
    }

    async fn conclude(
        &mut self,
        place: usize,
        mut report: TaskReport,
        batch: Option<uuid::Uuid>,
    ) -> Result<(), RunError> {
        let now = self.build.workspace.world.clock.now();
        let begun = self.begun.get(&place).copied();
        if let Some((instant, _)) = begun {
            report.duration_ms = u64::try_from(instant.elapsed().as_millis()).unwrap_or(u64::MAX);
        }
        self.records.push(TaskRecord {
            run_id: self.build.run_id,
            node: report.node.clone(),
            status: recorded(report.status),
            started_at: begun.map(|(_, at)| at),
            ended_at: Some(now),
            rows: report.rows,
            table_version: report.version.and_then(|version| u64::try_from(version).ok()),
            batch_id: batch,
            message: report.message.clone(),
        });
        let results: Vec<CheckResult> = report.checks.iter().map(|check| self.check_result(check, now)).collect();
        self.check_results.extend(results);
        self.build.workspace.observer.on(&Event::TaskFinished(report.clone()));
        self.has_failed |= report.status == Status::Failed;
        for behind in self.behind[place].clone() {
            self.open[behind] -= 1;
            if !report.status.is_good() {
                let name = report.blocked_by.as_ref().unwrap_or(&report.name).clone();
                self.blocked.push((behind, name));
            } else if self.open[behind] == 0 {
                self.ready.insert(behind);
            }
        }
        self.reports[place] = Some(report);
        if self.records.len() >= RECORDS_AT_ONCE { self.flush().await } else { Ok(()) }
    }

    fn check_result(&self, check: &CheckReport, now: DateTime<Utc>) -> CheckResult {
        CheckResult {
            run_id: self.build.run_id,
            node: check.node.clone(),
            check: check.name.clone(),
            status: match check.status.as_str() {
                "pass" => CheckStatus::Pass,
                "warn" => CheckStatus::Warn,
                "fail" => CheckStatus::Fail,
                _ => CheckStatus::Error,
            },
            failures: Some(check.failures),
            message: check.message.clone(),
            stored_in: check.stored_in.clone(),
            checked_at: now,
            duration_ms: check.duration_ms,
        }
    }

    /// Records what has ended and what goes on: that is what is known of a run whose process dies.
    async fn tell(&mut self) -> Result<(), RunError> {
        let going_on = self.begun.iter().filter(|(place, _)| self.reports[**place].is_none());
        for (place, (_, at)) in going_on {
            if self.told.insert(*place) {
                self.records.push(TaskRecord {
                    run_id: self.build.run_id,
                    node: self.plan.tasks[*place].node.to_string(),
                    status: TaskStatus::Running,
                    started_at: Some(*at),
                    ended_at: None,
                    rows: None,
                    table_version: None,
                    batch_id: None,
                    message: None,
                });
            }
        }
        self.told_at = Instant::now();
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), RunError> {
        let meta = &self.build.workspace.meta;
        meta.record_tasks(&std::mem::take(&mut self.records)).await?;
        meta.record_check_results(&std::mem::take(&mut self.check_results)).await?;
        Ok(())
    }

    /// Whatever has no report yet was cancelled.
    async fn finish(&mut self) -> Result<Vec<TaskReport>, RunError> {
        for place in 0..self.plan.tasks.len() {
            if self.reports[place].is_none() {
                let report = self.report(place, Status::Cancelled);
                self.conclude(place, report, None).await?;
            }
        }
        self.flush().await?;
        Ok(self.reports.iter().flatten().cloned().collect())
    }
}

async fn asked_to_stop(stop: &mut tokio::sync::watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Nobody can ask any more.
        std::future::pending::<()>().await;
    }
}

fn recorded(status: Status) -> TaskStatus {
    match status {
        Status::Success => TaskStatus::Success,
        Status::Unchanged => TaskStatus::Unchanged,
        Status::Warned => TaskStatus::Warned,
        Status::Failed => TaskStatus::Failed,
        Status::Skipped => TaskStatus::Skipped,
        Status::Cancelled => TaskStatus::Cancelled,
    }
}
