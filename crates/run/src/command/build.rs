//! `ade build`, `ingest`, `seed`, `run`, `test`.
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use ade_diagnostic::Diagnostic;
use ade_project::fingerprint::{Change, PlanDiff, Reason};
use ade_project::resource::{IngestMode, SourceTable};
use ade_project::{NodeId, NodeKind};
use tokio::sync::watch;

use crate::build::{
    Build, BuildOptions, Command, NamedNodes, Plan, carry_out_plan, is_made_by_intervals, recorded_parts, select,
};
use crate::error::RunError;
use crate::event::{Event, Summary};
use crate::source::{Collected, Connections, Obfuscation, Together};
use crate::workspace::{Workspace, spill};

impl Workspace {
    /// Carries out what is selected, in order and side by side. What passes its checks becomes visible; what does not leaves
    /// everybody on the last good version. Ends early, leaving nothing half-visible, when `stop` becomes true.
    pub async fn build(
        self: &Arc<Self>,
        options: BuildOptions,
        stop: watch::Receiver<bool>,
    ) -> Result<Summary, RunError> {
        self.must_be_writable(&format!("ade {}", options.command.as_str()))?;
        let run_id = self.world.ids.next();
        self.write_as(run_id, &format!("ade {}", options.command.as_str()), options.lease_timeout);
        for crashed in self.meta.recover().await? {
            let message = format!(
                "run {} ({}, {}) ended without saying so; what it had not committed is not visible",
                crashed.run_id, crashed.command, crashed.process
            );
            self.observer.on(&Event::Notice { node: None, message });
        }
        spill::clear(&self.root);
        let build = self.prepare(run_id, options, stop).await?;
        let selected = self.selected(&build)?;
        if build.options.event_time.is_some() && !selected.iter().any(|id| is_made_by_intervals(&self.project, id)) {
            return Err(RunError::usage(
                "no model that is selected is made by intervals, so --event-time-start and --event-time-end ask for nothing",
                "they are for models with `incremental_strategy='microbatch'`; leave them out, or select such a model"
                    .to_owned(),
            ));
        }
        if build.options.command == Command::Build {
            self.tell_undeclared(&build.recorded).await?;
        }
        let plan = Plan::new(&self.project, &selected, &build.options);
        let build = self.with_connections(build, &plan);
        if build.options.input.is_some() && !build.feeds.is_of_one() {
            return Err(RunError::usage(
                format!(
                    "`{}` does not name tables of one connection that a tap could be piped into",
                    build.options.select.join(" ")
                ),
                "declare the source's tables with a `connection` of `type: singer`; it needs no `command`".to_owned(),
            ));
        }
        carry_out_plan(Arc::new(build), plan).await
    }

    /// What a run shares, before it is known which tables it reads.
    pub(crate) async fn prepare(
        self: &Arc<Self>,
        run_id: uuid::Uuid,
        options: BuildOptions,
        stop: watch::Receiver<bool>,
    ) -> Result<Build, RunError> {
        let obfuscation = Obfuscation::of(&self.project).map_err(|diagnostics| RunError::Project { diagnostics })?;
        // Each table reads it when its time has come; one that cannot be read stops them all.
        self.suppressions()?;
        Ok(Build {
            workspace: Arc::clone(self),
            run_id,
            options,
            obfuscation,
            connections: Connections::new(self.connectors.clone(), []),
            captures: Together::default(),
            collected: Collected::default(),
            feeds: Together::default(),
            recorded: self.meta.node_states(self.environment()).await?,
            named: NamedNodes::of(&self.project),
            tables: Mutex::default(),
            states: Mutex::new(HashMap::new()),
            warned: Mutex::default(),
            timely: Mutex::default(),
            stop,
            keys: OnceLock::new(),
        })
    }

    fn with_connections(&self, build: Build, plan: &Plan) -> Build {
        let is_captured =
            |source: &SourceTable| source.ingest.as_ref().is_some_and(|declared| declared.mode == IngestMode::Capture);
        let is_fed = |source: &SourceTable| {
            let connection = source.connection.as_ref().and_then(|name| self.project.connections.get(name));
            connection.is_some_and(|found| self.connectors.get(&found.kind).is_ok_and(|kind| kind.is_feed()))
        };
        let sources = || plan.tasks.iter().filter_map(|task| Some((task, self.project.sources.get(&task.node)?)));
        let tables = sources().filter(|(_, source)| !is_captured(source) && !is_fed(source));
        let tables = tables
            .filter_map(|(_, source)| Some((source.connection.as_deref()?, Self::table_name(&source.relation).ok()?)));
        let together = |is_one: &dyn Fn(&SourceTable) -> bool| {
            let read = sources().filter(|(_, source)| is_one(source));
            Together::new(read.filter_map(|(task, source)| {
                Some((source.connection.as_deref()?, task.node.clone(), task.checks.clone()))
            }))
        };
        let (captures, feeds) = (together(&is_captured), together(&is_fed));
        Build { connections: Connections::new(self.connectors.clone(), tables), captures, feeds, ..build }
    }

    /// The selected nodes; selectors that match nothing are told to the observer.
    pub(crate) fn selected(&self, build: &Build) -> Result<BTreeSet<NodeId>, RunError> {
        let options = &build.options;
        let uses_state = options.select.iter().chain(&options.exclude).any(|selector| selector.contains("state:"));
        let diff = uses_state.then(|| self.difference(build));
        let (selected, warnings) = select(&self.project, &options.select, &options.exclude, diff.as_ref())?;
        for warning in warnings {
            self.notice(&Diagnostic { location: None, ..warning });
        }
        Ok(selected)
    }

    /// Tells a warning in one line.
    pub(crate) fn notice(&self, warning: &Diagnostic) {
        let mut message = warning.location.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        message.push_str(&warning.message);
        for hint in &warning.hints {
            message.push_str("; ");
            message.push_str(hint);
        }
        self.observer.on(&Event::Notice { node: None, message });
    }

    /// How the project differs from what was last built in this environment.
    fn difference(&self, build: &Build) -> PlanDiff {
        let mut changes = PlanDiff::default();
        for (id, now) in &self.project.fingerprints {
            if !matches!(id.kind(), NodeKind::Model | NodeKind::Seed) {
                continue;
            }
            match build.recorded.get(id.as_str()) {
                None => {
                    changes.changes.insert(id.clone(), Change::New);
                }
                Some(record) => {
                    let before = recorded_parts(record);
                    let mut reasons = before.map(|before| before.differences(now)).unwrap_or_default();
                    if before.is_none() && record.fingerprint != now.own.combined().to_string() {
                        reasons.insert(Reason::Body);
                    }
                    if !reasons.is_empty() {
                        changes.changes.insert(id.clone(), Change::Modified(reasons));
                    }
                }
            }
        }
        changes
    }
}

impl Command {
    /// Whether the command changes tables.
    pub fn writes(self) -> bool {
        self != Self::Test
    }
}
