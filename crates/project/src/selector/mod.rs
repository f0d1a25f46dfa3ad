//! dbt's selection grammar: which nodes of the graph a command is about.
//!
//! A selection is a union (space) of intersections (comma) of criteria. A criterion is a name or `method:value`, with graph
//! operators around it: `+m` with all upstream, `m+` with all downstream, `2+m+1` with that many steps, `@m` with all
//! downstream and everything that those read. Tests join the selection when something they test is in it.

mod criterion;
mod glob;
mod indirect_selection;
mod method;
mod parse;
mod select;
mod selection;

pub use indirect_selection::IndirectSelection;
pub use select::{SelectRequest, select};
pub use selection::Selection;
