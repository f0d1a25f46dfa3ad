//! An environment's key: a file of its own with mode 0600, or a reference in `ade.yml`.
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ade_privacy::{Keyring, Keys};
use ade_project::Project;

use super::ProjectSecrets;
use super::state_folder::{make_private_folder, make_state_folder, publish, state_folder};
use crate::error::RunError;
use crate::world::World;

/// Where the keys of an environment are.
pub(crate) fn key_path(root: &Path, environment: &str) -> PathBuf {
    state_folder(root).join("keys").join(format!("{environment}.key"))
}

/// The keys of the project's environment. Fails when there are none: a key that is made silently would break every join
/// with what has landed before.
pub(crate) fn keys(root: &Path, project: &Project, world: &World) -> Result<Keys, RunError> {
    let environment = project.environment.name.clone();
    let unusable = |reason: String, advice: &str| RunError::Key {
        environment: environment.clone(),
        reason,
        advice: advice.to_owned(),
    };
    if let Some(setting) = &project.privacy.key {
        let secrets = ProjectSecrets { env_vars: &world.env_vars, root: root.to_owned() };
        let text = setting
            .resolve_text(&secrets)
            .map_err(|source| RunError::Secret { setting: "privacy.key".to_owned(), source })?;
        return Keys::parse(&text).map_err(|error| unusable(error.to_string(), "correct what `privacy.key` refers to"));
    }
    let path = key_path(root, &environment);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(unusable(
                format!("there is no file {}", path.display()),
                &format!(
                    "copy it from where the project was built before; if nothing has landed yet, `ade init --env {environment} .` \
                     makes one"
                ),
            ));
        }
        Err(error) => {
            return Err(unusable(format!("{}: {error}", path.display()), "make the file readable for this user"));
        }
    };
    let mode = fs::metadata(&path).map_or(0, |data| data.permissions().mode());
    if mode & 0o077 != 0 {
        return Err(unusable(
            format!("{} can be read by others (mode {:o})", path.display(), mode & 0o777),
            "run `chmod 600` on it, and think about who may have read it",
        ));
    }
    Keys::parse(&text).map_err(|error| unusable(error.to_string(), "restore the file from a backup"))
}

/// Makes the key file of an environment, readable by its owner alone, unless there is one. Tells whether it did. The
/// folder is kept out of repositories before the key is in it.
pub(crate) fn new_key_file(root: &Path, environment: &str, secret: [u8; 32]) -> Result<bool, RunError> {
    make_state_folder(root)?;
    let path = key_path(root, environment);
    let failed = |source| RunError::File { action: "write", path: path.clone(), source };
    if let Some(folder) = path.parent() {
        make_private_folder(folder).map_err(failed)?;
    }
    let mut text = Keyring::generate(secret).to_hex();
    text.push('\n');
    publish(&path, text.as_bytes(), 0o600).map_err(failed)
}
