//! What the generator must remember between two calls: a small file beside the data.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;

use crate::{AppSystem, MarketplaceError, world::World};

const HEADER: &str = "# Written by `ade demo`: lets the example's data continue where it ends. Version 2.";

/// Where the data ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct State {
    pub(crate) world: World,
    /// The next day to be made; days before it are in the data.
    pub(crate) next_day: u64,
    /// The day from which on inventory files are written with the renamed column.
    pub(crate) renamed_since: Option<u64>,
    /// In what the app keeps its data.
    pub(crate) app: AppSystem,
}

impl State {
    fn path(target: &Path) -> PathBuf {
        target.join("data").join(".marketplace")
    }

    pub(crate) fn read(target: &Path) -> Result<Self, MarketplaceError> {
        let missing = || MarketplaceError::NotGenerated { path: target.to_owned() };
        let text = fs::read_to_string(Self::path(target)).map_err(|_| missing())?;
        if text.lines().next() != Some(HEADER) {
            return Err(missing());
        }
        let values: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(": ")).collect();
        let value = |name: &str| values.get(name).copied();
        let parsed = || {
            let world = World {
                seed: value("seed")?.parse().ok()?,
                scale: value("scale")?.parse().ok()?,
                first_day: value("first_day")?.parse::<NaiveDate>().ok()?,
            };
            let renamed_since = match value("renamed_since")? {
                "never" => None,
                day => Some(day.parse().ok()?),
            };
            let app = AppSystem::parse(value("app")?)?;
            Some(Self { world, next_day: value("next_day")?.parse().ok()?, renamed_since, app })
        };
        parsed().ok_or_else(missing)
    }

    pub(crate) fn write(&self, target: &Path) -> Result<(), MarketplaceError> {
        let renamed = self.renamed_since.map_or_else(|| "never".to_owned(), |day| day.to_string());
        let text = format!(
            "{HEADER}\nseed: {}\nscale: {}\nfirst_day: {}\nnext_day: {}\nrenamed_since: {renamed}\napp: {}\n",
            self.world.seed,
            self.world.scale,
            self.world.first_day,
            self.next_day,
            self.app.name()
        );
        let path = Self::path(target);
        fs::write(&path, text).map_err(|source| MarketplaceError::File { action: "write", path, source })
    }
}
