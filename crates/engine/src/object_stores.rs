//! The stores that scans may read: only those the lake registered.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreRegistry;
use object_store::ObjectStore;
use url::Url;

/// DataFusion's own registry begins with the local file system. This one begins empty and never
/// makes a store from a URL, so that no SQL can reach a file or host outside the lake.
#[derive(Debug, Default)]
pub(crate) struct LakeStores {
    stores: RwLock<HashMap<String, Arc<dyn ObjectStore>>>,
}

fn key(url: &Url) -> String {
    let scheme = url.scheme();
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    format!("{scheme}://{authority}")
}

impl ObjectStoreRegistry for LakeStores {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.stores.write().unwrap_or_else(PoisonError::into_inner).insert(key(url), store)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        let stores = self.stores.read().unwrap_or_else(PoisonError::into_inner);
        stores.get(&key(url)).cloned().ok_or_else(|| {
            DataFusionError::Plan(format!("{} is not a store of this lake: SQL reads lake tables only", key(url)))
        })
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[test]
    fn nothing_is_reachable_before_it_is_registered() {
        let stores = LakeStores::default();
        let bucket = Url::parse("s3://bucket/a/b").expect("url");
        for url in ["file:///etc/passwd", "http://localhost/x", "s3://bucket/a/b"] {
            assert!(stores.get_store(&Url::parse(url).expect("url")).is_err(), "{url}");
        }
        stores.register_store(&bucket, Arc::new(InMemory::new()));
        assert!(stores.get_store(&bucket).is_ok());
        assert!(stores.get_store(&Url::parse("s3://other/a/b").expect("url")).is_err());
    }
}
