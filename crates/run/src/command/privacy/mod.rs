//! `ade privacy …`: what each column is, who is in the lake, and who must not be.
mod audit;
mod blame;
mod certificate;
mod elsewhere;
mod erase;
mod erasing;
mod keys;
mod landed_columns;
mod needles;
mod past;
mod report;
mod resealing;
mod reveal;
mod reveal_record;
mod search;
mod subject;

pub use audit::AuditedColumn;
pub use certificate::{Certificate, ErasedSubject, ErasedTable};
pub use erase::Erasure;
pub use keys::KeyUse;
pub use report::{AnonymityReport, SensitiveColumn};
pub use reveal::{RevealRequest, Revealed};
pub use subject::Subject;
