//! `ade privacy …`: what each column is, who is in the lake, and who must not be.
mod audit;
mod blame;
mod certificate;
mod erase;
mod keys;
mod landed_columns;
mod needles;
mod report;
mod reveal;
mod search;

pub use audit::AuditedColumn;
pub use certificate::{Certificate, ErasedSubject, ErasedTable};
pub use erase::{Erasure, Subject};
pub use keys::KeyUse;
pub use report::{AnonymityReport, SensitiveColumn};
pub use reveal::{RevealRequest, Revealed};
