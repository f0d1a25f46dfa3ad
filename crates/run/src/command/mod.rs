//! What people do with an opened project: one file for each command.
mod build;
mod check;
mod collect;
mod history;
mod ingest_file;
mod init;
mod inspect;
mod list;
mod maintain;
mod plan;
mod privacy;
mod query;
mod rejects;
mod restore;
mod restored;
mod set_up;
mod show;
mod statement;
mod suggest;
mod table;
mod undeclared;
mod visible;

pub use check::check_project;
pub(crate) use check::hard_coded;
pub use history::VersionInfo;
pub use ingest_file::{FileDraft, FileIngest, FileTable, Remembered};
pub use init::{InitReport, init_project};
pub use inspect::{DraftAdditions, InspectReport, InspectedColumn, InspectedReference, InspectedTable};
pub use list::ListedNode;
pub use maintain::{MaintainedTable, Upkeep};
pub use plan::{PlannedTask, Reason};
pub use privacy::{
    AnonymityReport, AuditedColumn, Certificate, ErasedSubject, ErasedTable, Erasure, KeyUse, RevealRequest, Revealed,
    SensitiveColumn, Subject,
};
pub use query::{Answer, ReadAt};
pub use rejects::{DiscardedRejects, Reject, RejectGroup};
pub use restored::Restored;
pub use set_up::{set_up_connection, set_up_postgres};
pub use show::{NodeInfo, ShownColumn};
pub use statement::Statement;
pub use suggest::{LandedDocuments, SuggestedContract, SuggestedPromise};
pub use undeclared::Undeclared;
pub use visible::Visible;
