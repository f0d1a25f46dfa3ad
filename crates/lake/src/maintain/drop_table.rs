//! Removes a table.

use object_store::{ObjectMeta, ObjectStoreExt, PutMode, PutOptions};

use crate::failpoints::{self, DROP_FILE, DROP_MARKED};
use crate::table_handle::TableHandle;
use crate::{LakeError, Lease};

/// Marks the table as dropped, which is the moment when it is gone, and then removes its files; the mark goes last. An
/// interrupted drop is completed by the next drop or write.
pub(crate) async fn drop_table(handle: &TableHandle, lease: &Lease) -> Result<bool, LakeError> {
    let log = handle.log();
    let fail = |source| log.store_error("dropping", source);
    handle.check_lease(lease).await?;
    let mark = log.dropped_mark();
    let versions = log.versions().await?;
    if !versions.dropped {
        if versions.latest().is_none() {
            handle.lake().holdings().dropped(lease);
            return Ok(false);
        }
        let created = handle.store().put_opts(&mark, "".into(), PutOptions::from(PutMode::Create)).await;
        match created {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => {}
            Err(source) => return Err(fail(source)),
        }
    }
    failpoints::hit_store(DROP_MARKED).map_err(fail)?;
    let mut objects: Vec<ObjectMeta> = handle.objects().await?;
    objects.retain(|object| object.location != mark);
    // The log goes first, so that other readers find no table rather than one without its files.
    objects.sort_by_key(|object| !object.location.prefix_matches(&log.log_folder()));
    for location in objects.iter().map(|object| &object.location).chain([&mark]) {
        failpoints::hit_store(DROP_FILE).map_err(fail)?;
        match handle.store().delete(location).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(source) => return Err(fail(source)),
        }
    }
    handle.lake().holdings().dropped(lease);
    Ok(!versions.dropped)
}
