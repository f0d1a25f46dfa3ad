//! Identifiers.
use std::fmt::Debug;
use std::sync::Arc;

use uuid::Uuid;

/// Makes identifiers.
pub trait Ids: Debug + Send + Sync {
    /// A new UUIDv7: later ones sort after earlier ones.
    fn next(&self) -> Uuid;

    /// 32 bytes that nobody can guess, for a new key.
    fn secret(&self) -> [u8; 32];
}

/// The same behind the lake's trait.
#[derive(Debug, Clone)]
pub(crate) struct LakeIds(pub(crate) Arc<dyn Ids>);

impl ade_lake::Ids for LakeIds {
    fn next(&self) -> Uuid {
        self.0.next()
    }
}
