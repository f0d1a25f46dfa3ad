//! `events:` of a source whose connection collects events.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ColumnDeclaration, Many};
use crate::resource::OnNewEvent;
use crate::yaml::Spanned;

/// What holds for all events of a source. The tables of the source are its tracking plan: each is for the events of its name
/// (`order_completed` for those called `Order Completed`), or for calls of one type (`identifies`, `pages`, `tracks`, …), for
/// the latest traits of each user (`users`), or for everything (`all_events`).
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`events`")]
pub struct EventsDeclaration {
    /// What becomes of an event that no table is for: `quarantine` (default), `evolve`, `stop` or `ignore`.
    pub on_new_event: Option<Spanned<OnNewEvent>>,
    /// How many tables may appear by themselves with `evolve`; events of further names are kept apart. Default: 200.
    pub most_new_tables: Option<u32>,
    /// Columns that every table of the source has if its events have them: ids, times, context. A table may list one again.
    #[serde(default)]
    pub columns: Many<ColumnDeclaration>,
}
