//! `ade privacy keys` and `ade privacy rotate`.
use std::collections::BTreeMap;

use ade_privacy::{Keyring, Keys};
use serde::Serialize;

use super::resealing::Resealing;
use crate::error::RunError;
use crate::failpoint::{self, hit};
use crate::source::{Landing, beside};
use crate::workspace::{Workspace, key_path, keys, replace_file};

/// A key and the tables that landed under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyUse {
    /// Its id.
    pub key: String,
    /// Whether new tables land under it.
    pub is_current: bool,
    /// Whether it is at hand.
    pub is_there: bool,
    /// The tables whose rows were treated with it, as `schema.table`.
    pub tables: Vec<String>,
}

impl Workspace {
    /// The environment's keys, read now.
    pub(super) fn keys(&self) -> Result<Keys, RunError> {
        keys(&self.root, &self.project, &self.world)
    }

    /// The environment's keys, and those that tables landed under, each with these tables.
    pub async fn key_uses(&self) -> Result<Vec<KeyUse>, RunError> {
        let keys = self.keys()?;
        let mut used: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for table in self.lake.list().await? {
            let newest = self.lake.newest(&table).await?;
            let landing = newest.and_then(|(_, state)| state.fingerprint).and_then(|text| Landing::parse(&text));
            if let Some(landing) = landing.filter(|landing| !landing.key.is_empty()) {
                used.entry(landing.key).or_default().push(table.to_string());
            }
        }
        let mut all: Vec<KeyUse> = Vec::new();
        for (place, key) in keys.all().iter().enumerate() {
            let key = key.id().to_string();
            let tables = used.remove(&key).unwrap_or_default();
            all.push(KeyUse { key, is_current: place == 0, is_there: true, tables });
        }
        let lost = used.into_iter().map(|(key, tables)| KeyUse { key, is_current: false, is_there: false, tables });
        all.extend(lost);
        Ok(all)
    }

    /// Makes a new key, which new tables and tables that are loaded from nothing land under. Gives its id.
    pub fn rotate_key(&self) -> Result<String, RunError> {
        self.must_be_writable("ade privacy rotate")?;
        let keys = self.of_file("ade privacy rotate")?.rotated(Keyring::generate(self.world.ids.secret()));
        self.keep_keys(&keys)?;
        Ok(keys.current().id().to_string())
    }

    /// Removes an old key that no table needs any more.
    pub async fn retire_key(&self, id: &str) -> Result<(), RunError> {
        self.must_be_writable("ade privacy rotate")?;
        let keys = self.of_file("ade privacy rotate --retire")?;
        let uses = self.key_uses().await?;
        let Some(found) = uses.iter().find(|found| found.key == id && found.is_there) else {
            return Err(RunError::usage(format!("there is no key {id}"), "`ade privacy keys` lists them".to_owned()));
        };
        if found.is_current {
            let hint = "`ade privacy rotate` makes the one that takes its place".to_owned();
            return Err(RunError::usage(format!("{id} is the current key"), hint));
        }
        if let Some(first) = found.tables.first() {
            let sources = self.project.sources.values().filter(|source| {
                let name = |table: ade_lake::TableName| table.to_string();
                let own = Self::table_name(&source.relation).ok();
                let apart = own.as_ref().and_then(|table| beside(table).ok());
                [own, apart].into_iter().flatten().map(name).any(|name| found.tables.contains(&name))
            });
            let mut select: Vec<String> =
                sources.map(|source| format!("source:{}.{}", source.source, source.name)).collect();
            select.sort();
            let hint = if select.is_empty() {
                format!("`ade maintain --drop {first}` removes what the project does not know any more")
            } else {
                format!("`ade build --full-refresh --select {}` loads them anew", select.join("+ ") + "+")
            };
            return Err(RunError::usage(
                format!("rows of {} were treated with key {id}", found.tables.join(", ")),
                hint,
            ));
        }
        // What it seals, and can be sealed under another one, comes first: whoever is interrupted does it again.
        let needed = Box::pin(Resealing { workspace: self, keys: &keys, old: id }.carry_out()).await?;
        if !needed.is_empty() {
            return Err(RunError::usage(
                format!("values of {} are encrypted with key {id}", needed.join(", ")),
                "make these tables again from what has landed under another key (`ade build --full-refresh --select …`), or drop them"
                    .to_owned(),
            ));
        }
        hit(failpoint::ROTATE_BEFORE_KEY)?;
        match keys.without(id) {
            Some(rest) => self.keep_keys(&rest),
            None => Ok(()),
        }
    }

    /// The keys, where they are in a file of ours.
    fn of_file(&self, command: &str) -> Result<Keys, RunError> {
        if self.project.privacy.key.is_some() {
            return Err(RunError::usage(
                format!("`privacy.key` of ade.yml says where the keys of `{}` are, so `{command}` cannot write them", self.environment()),
                "put the new key (64 hexadecimal digits, `openssl rand -hex 32`) before the old one, with a space between, and leave the \
                 old one there: positions and the list of erased people are under subkeys of the last one"
                    .to_owned(),
            ));
        }
        self.keys()
    }

    fn keep_keys(&self, keys: &Keys) -> Result<(), RunError> {
        let path = key_path(&self.root, self.environment());
        let failed = |source| RunError::File { action: "write", path: path.clone(), source };
        replace_file(&path, keys.to_text().as_bytes(), 0o600).map_err(failed)
    }
}
