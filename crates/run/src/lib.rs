//! Plan a graph into tasks and carry them out.
//!
//! A [`Workspace`] is an opened project: its files resolved, its lake, metadata and engine at hand. What people do with one
//! are its methods: [`Workspace::build`] and its kin, [`Workspace::query`], [`Workspace::history`] and others. What happens
//! on the way is told to an [`event::Observer`]. Time, identifiers and the environment come in as a [`World`].

mod build;
mod command;
mod disk_tree;
mod error;
pub mod event;
pub mod events;
mod failpoint;
pub mod reference;
mod source;
mod workspace;
mod world;

pub use ade_connect::Checklist;
pub use ade_connect::PostgresSetup;
pub use ade_diagnostic as diagnostic;
pub use build::{BuildOptions, Command, EventTimeRange, RejectFilter};
pub use command::{
    AnonymityReport, Answer, AuditedColumn, Certificate, DiscardedRejects, DraftAdditions, ErasedSubject, ErasedTable,
    Erasure, FileDraft, FileIngest, FileTable, InitReport, InspectReport, InspectedColumn, InspectedReference,
    InspectedTable, KeyUse, LandedDocuments, ListedNode, MaintainedTable, NodeInfo, PlannedTask, ReadAt, Reason,
    Reject, RejectGroup, Remembered, Restored, RevealRequest, Revealed, SensitiveColumn, ShownColumn, Statement,
    Subject, SuggestedContract, SuggestedPromise, Undeclared, Upkeep, VersionInfo, Visible, check_project,
    init_project, set_up_connection, set_up_postgres,
};
pub use error::{RunError, with_causes};
pub use failpoint::fail_points;
pub use source::FeedInput;
pub use workspace::{OpenOptions, Workspace, find_project, load_project, parse_vars};

pub use world::{Clock, Ids, World};
