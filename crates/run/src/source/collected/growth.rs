//! Tables that appear by themselves: for events that no table of their source is listed for.
use std::sync::Arc;

use ade_connect::{EventFeed, EventRound, EventSource, NewEvent};
use ade_diagnostic::{Diagnostic, rule};
use ade_project::NodeId;
use ade_project::resource::{OnNewEvent, SourceTable};

use crate::build::{Build, TaskError};
use crate::error::RunError;
use crate::workspace::Workspace;

/// New events that are told one by one.
const MOST_TOLD: usize = 20;

/// What the rounds of a connection need to know of its sources.
pub(super) async fn sources(workspace: &Workspace, names: &[String]) -> Result<Vec<EventSource>, RunError> {
    let there = workspace.lake.list().await?;
    let mut found = Vec::new();
    for name in names {
        let Some(declared) = workspace.project.events.get(name) else { continue };
        let listed: Vec<&SourceTable> =
            workspace.project.sources.values().filter(|table| table.source == *name).collect();
        let feeds: Vec<EventFeed> = listed.iter().filter_map(|table| feed(table)).collect();
        let schema = &declared.template.relation.schema;
        let is_listed = |table: &str| listed.iter().any(|listed| listed.relation.table == table);
        let grown = there.iter().filter(|table| table.schema() == schema && !is_listed(table.table()));
        let grown: Vec<String> = grown.map(|table| table.table().to_owned()).collect();
        let home = if feeds.contains(&EventFeed::All) { Some(EventFeed::All) } else { feeds.first().cloned() };
        found.push(EventSource {
            name: name.clone(),
            on_new_event: match declared.on_new_event {
                OnNewEvent::Quarantine => NewEvent::Quarantine,
                OnNewEvent::Evolve => NewEvent::Evolve,
                OnNewEvent::Stop => NewEvent::Stop,
                OnNewEvent::Ignore => NewEvent::Ignore,
            },
            room: declared.most_new_tables.saturating_sub(grown.len()),
            grown,
            columns: listed.iter().filter_map(|table| Some((feed(table)?, Arc::new(listed_names(table))))).collect(),
            tells_names: listed.iter().any(|table| tells_names(table)),
            keys: listed.iter().filter_map(|table| Some((feed(table)?, table.ingest.as_ref()?.key.clone()))).collect(),
            home: home.unwrap_or(EventFeed::All),
            feeds,
        });
    }
    Ok(found)
}

/// The columns that people list of a table, by the names that they have in messages.
fn listed_names(table: &SourceTable) -> std::collections::HashSet<String> {
    let both = table.columns.iter().flat_map(|column| [Some(&column.name), column.from.as_ref()]);
    both.flatten().cloned().collect()
}

/// Whether the names of events are there for everybody to see.
fn tells_names(table: &SourceTable) -> bool {
    let class = |name: &str| table.column(name)?.privacy.as_ref()?.class.as_deref();
    ["event", "event_text"].into_iter().any(|name| class(name) == Some("public"))
}

/// What a table is fed from.
pub(super) fn feed(table: &SourceTable) -> Option<EventFeed> {
    table.ingest.as_ref().map(|ingest| EventFeed::parse(&ingest.from))
}

/// The tables that appear with a round; problems where the project wants to be asked first.
pub(super) fn new_tables(
    workspace: &Workspace,
    source: &EventSource,
    round: &EventRound,
) -> Result<Vec<SourceTable>, TaskError> {
    let Some(declared) = workspace.project.events.get(&source.name) else { return Ok(Vec::new()) };
    if source.on_new_event == NewEvent::Stop {
        let mut problems = Vec::new();
        for (feed, name) in round.new_feeds(&source.name).take(MOST_TOLD) {
            let (name, hint) = if source.tells_names {
                (format!(" `{name}`"), format!("list a table for it: `- name: {}`", feed.table_name()))
            } else {
                let hint =
                    "say that column `event` is public at `all_events`, and its name is told; then list a table for it";
                (String::new(), hint.to_owned())
            };
            let message = format!("source `{}` has a new event{name}, and no table is listed for it", source.name);
            let problem = Diagnostic::error(&rule::SCHEMA_DRIFT, message)
                .at(declared.origin.clone())
                .note("nothing of the source lands until somebody decides; what came with it is set aside")
                .hint(hint)
                .hint("or say `on_new_event: quarantine`, `evolve` or `ignore` under `events:`");
            problems.push(problem);
        }
        return if problems.is_empty() { Ok(Vec::new()) } else { Err(TaskError::Diagnostics(problems)) };
    }
    let new = round.new_feeds(&source.name).map(|(feed, _)| {
        let name = feed.table_name();
        // Names of tables lead back to what they are fed from.
        let from = if EventFeed::parse(&name) == *feed { name.clone() } else { from(feed) };
        declared.table(&name, &from)
    });
    Ok(new.collect())
}

fn from(feed: &EventFeed) -> String {
    match feed {
        EventFeed::Event(name) => format!("event:{name}"),
        other => other.table_name(),
    }
}

/// Whether the project lists a table.
pub(super) fn is_listed(build: &Build, id: &NodeId) -> bool {
    build.workspace.project.sources.contains_key(id)
}
