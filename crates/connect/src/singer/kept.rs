//! Settings that a tap changed in its own config, such as a refresh token that its API gave in exchange for the last one.
//!
//! Taps write them back into the file that they were given. That file goes when the tap ends, and the old value may be worth
//! nothing by then; so what changed is kept, sealed with the environment's key, and laid over what is declared from then on,
//! until somebody declares other settings.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::{ConnectError, PositionKey};

/// Where the settings are kept that the tap of one connection changed.
#[derive(Clone)]
pub(crate) struct KeptSettings {
    path: PathBuf,
    key: PositionKey,
}

impl KeptSettings {
    /// For a tap with these settings, as they are declared.
    pub(crate) fn new(home: &Path, command: &[String], declared: &Value, key: PositionKey) -> Self {
        let mut hasher = key.hasher();
        hasher.update(Value::from(command).to_string().as_bytes()).update(declared.to_string().as_bytes());
        let name = &hasher.finalize().to_hex()[..16];
        Self { path: home.join(format!("{name}.kept")), key }
    }

    /// What is declared, with what was changed since laid over it.
    pub(crate) fn over(&self, declared: &Value) -> Value {
        let mut config = declared.clone();
        if let (Some(config), Some(kept)) = (config.as_object_mut(), self.read()) {
            config.extend(kept);
        }
        config
    }

    fn read(&self) -> Option<Map<String, Value>> {
        let sealed = fs::read_to_string(&self.path).ok()?;
        serde_json::from_slice(&self.key.open(sealed.trim())?).ok()
    }

    /// Keeps what was changed; durable before it is relied on.
    pub(crate) fn keep(&self, changed: Map<String, Value>) -> Result<(), ConnectError> {
        let mut kept = self.read().unwrap_or_default();
        kept.extend(changed);
        let sealed = self.key.seal(Value::Object(kept).to_string().as_bytes());
        let beside = self.path.with_extension("new");
        let written = fs::File::create(&beside)
            .and_then(|mut file| file.write_all(sealed.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&beside, &self.path))
            .and_then(|()| self.path.parent().map_or(Ok(()), |home| fs::File::open(home)?.sync_all()));
        written.map_err(|source| ConnectError::Io { object: self.path.display().to_string(), source })
    }

    /// How the folders of this tap's runs begin.
    pub(crate) fn prefix(&self) -> String {
        self.path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// The settings of `now` that are not as they were.
pub(crate) fn changed(before: &Value, now: &Value) -> Map<String, Value> {
    let now = now.as_object().into_iter().flatten();
    now.filter(|(name, value)| before.get(name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
