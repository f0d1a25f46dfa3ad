//! Where bytes come to rest: a local store that survives power loss. Other stores come from `object_store` as they are.

mod durable;
mod local_store;
mod local_upload;

pub(crate) use durable::{TEMPORARY_SUFFIX, create_folders};
pub(crate) use local_store::{LocalStore, blocking};
