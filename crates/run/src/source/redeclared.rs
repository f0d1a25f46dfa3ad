//! Declarations that were changed since a table landed: what is there was read under the older ones, and reading on would mix
//! the two. Nothing is read to find that out.
use ade_connect::files_of_position;
use ade_diagnostic::count;
use ade_engine::{sql_type, type_name};
use ade_lake::Snapshot;
use ade_project::resource::{DriftKind, DriftPolicy, SourceTable};

use super::drift::{policy_of, widened};
use super::ingest::landed;
use super::landed_reading::LandedReading;
use super::landing::Landing;

/// Files that are named; of others there are only so many.
const NAMED: usize = 3;

/// What is declared otherwise than when the table landed, in words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Redeclared {
    /// Why rows that land now would not fit those that are there.
    pub(crate) refused: Vec<String>,
    /// Columns that are promised as another type than they landed as.
    pub(crate) retyped: Vec<String>,
    /// What a person should know: rows that are there stay as they were read.
    pub(crate) told: Vec<String>,
    /// Columns that are listed now and were not when rows landed.
    pub(crate) added: Vec<String>,
}

impl Redeclared {
    /// What is declared otherwise than when what is there landed.
    pub(crate) fn since(before: &Landing, now: &LandedReading, source: &SourceTable) -> Self {
        let mut found = Self { retyped: retyped(before, source), ..Self::default() };
        let Some(then) = &before.read else { return found };
        let there = before.columns.iter().filter(|(_, column)| column.has_landed()).map(|(path, _)| path.as_str());
        for path in there.clone() {
            let from = then.source_name(path);
            let (moved_to, now_from) = (now.lake_name(&from), now.source_name(path));
            if !moved_to.eq_ignore_ascii_case(path) {
                found
                    .refused
                    .push(format!("`{from}` of the source landed as `{path}` and would now land as `{moved_to}`"));
            } else if now_from != from {
                found.told.push(format!("`{path}` was read from `{from}`, and is read from `{now_from}` now"));
            }
        }
        let is_there = |name: &str| {
            there.clone().any(|path| path.eq_ignore_ascii_case(name) || path.split('.').next() == Some(name))
        };
        let listed = source.columns.iter().filter(|column| !is_there(&column.name));
        // What is left out now, or came under another name, is told elsewhere or not at all.
        let is_moved = |name: &str| {
            let from = now.source_name(name);
            is_there(&then.lake_name(&from))
        };
        found.added = listed.map(|column| column.name.clone()).filter(|name| !is_moved(name)).collect();
        found.told.extend(now.changed_options(then).into_iter().map(|change| format!("it landed with {change}")));
        found
    }

    /// What is refused, with the types that nobody has to read anything for.
    pub(crate) fn all_refused(&self) -> Vec<String> {
        self.refused.iter().chain(&self.retyped).cloned().collect()
    }
}

/// Columns that are promised as another type than they landed as, unless they were widened and stay so.
fn retyped(before: &Landing, source: &SourceTable) -> Vec<String> {
    let differs = |column: &ade_project::resource::Column| {
        let promised = sql_type(column.data_type.as_deref()?).ok()?;
        let landed = before.columns.get(&column.name).filter(|landed| landed.has_landed())?.type_name()?;
        if type_name(&promised) == landed {
            return None;
        }
        let evolves = policy_of(source, DriftKind::RetypedColumn, column) == DriftPolicy::Evolve;
        let wide = sql_type(landed).ok().and_then(|landed| widened(&promised, &landed));
        if evolves && wide.is_some_and(|wide| type_name(&wide) == landed) {
            return None;
        }
        let promised = type_name(&promised);
        Some(format!("column `{}` landed as {landed}, and is declared as {promised} now", column.name))
    };
    source.columns.iter().filter_map(differs).collect()
}

/// Which files the rows of a table are from, where it is read by files: `3 files (a.csv, b.csv, c.csv)`.
pub(crate) fn files_landed(table: &Snapshot) -> Option<String> {
    let files = files_of_position(table.state().position.as_ref()?);
    let named = files.iter().take(NAMED).map(|file| format!("`{file}`")).collect::<Vec<_>>().join(", ");
    match files.len() {
        0 => None,
        1 => Some(named),
        all if all > NAMED => Some(format!("{} ({named}, …)", count(all as u64, "file"))),
        all => Some(format!("{} ({named})", count(all as u64, "file"))),
    }
}

/// The same of a table that is there, for whoever asks no source.
pub(crate) fn redeclared(table: &Snapshot, now: &LandedReading, source: &SourceTable) -> Redeclared {
    landed(table).map(|before| Redeclared::since(&before, now, source)).unwrap_or_default()
}
