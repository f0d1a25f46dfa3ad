//! From a connection to a landed table: what was promised, what is obfuscated, what is committed.
mod arrival;
mod capturing;
mod carry;
mod changed_rows;
mod collected;
mod conditions;
mod connections;
mod continuity;
mod contract;
mod decided;
mod documents;
mod door;
mod drift;
mod extras;
mod feed_input;
mod feeding;
mod gaps;
mod held;
mod ingest;
mod key;
mod key_digests;
mod landed_column;
mod landed_reading;
mod landing;
mod losses;
mod merging;
mod obfuscation;
mod outcomes;
mod quarantine;
mod reading;
mod redeclared;
mod reject_limit;
mod reject_state;
mod rejection;
mod replay;
mod row_digest;
mod shape;
mod sieve;
mod stale;
mod stamp;
mod staying;
mod suppressed;
mod sweep;
mod switched;
mod tally;
mod together;
mod waves;

pub use collected::Collection;

pub(crate) use collected::Collected;

pub(crate) use capturing::consumer;
pub(crate) use conditions::Conditions;
pub(crate) use connections::{
    Connections, check_all as check_connections, of_connection, open as open_connection,
    settings as connection_settings,
};
pub(crate) use contract::promised;
pub(crate) use drift::{may_be_missing, must_have_values};
pub(crate) use extras::{IS_DELETED, NOT_DELETED};
pub use feed_input::FeedInput;
pub(crate) use ingest::ingest;
pub(crate) use landed_column::LandedColumn;
pub(crate) use landed_reading::LandedReading;
pub(crate) use landing::Landing;
pub(crate) use obfuscation::Obfuscation;
pub(crate) use quarantine::{DISCARDED, QUARANTINE, RULE, SEALED, STATE, beside, own_of_rejects};
pub(crate) use redeclared::{files_landed, redeclared};
pub(crate) use reject_state::Restating;
pub(crate) use replay::replay;
pub(crate) use stamp::BATCH_ID;
pub(crate) use together::Together;
