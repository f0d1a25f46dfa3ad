//! What people do with an opened project: one file for each command.
mod build;
mod check;
mod history;
mod init;
mod inspect;
mod list;
mod maintain;
mod plan;
mod query;
mod restore;
mod show;
mod statement;
mod table;
mod visible;

pub use check::check_project;
pub(crate) use check::hard_coded;
pub use history::VersionInfo;
pub use init::{InitReport, init_project};
pub use inspect::{InspectReport, InspectedColumn, InspectedTable};
pub use list::ListedNode;
pub use maintain::{MaintainedTable, Upkeep};
pub use plan::{PlannedTask, Reason};
pub use query::{Answer, ReadAt};
pub use show::{NodeInfo, ShownColumn};
pub use statement::Statement;
pub use visible::Visible;
