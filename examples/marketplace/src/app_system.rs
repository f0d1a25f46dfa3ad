//! In what the app keeps its data.

/// In what the app keeps its data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AppSystem {
    /// A file, `data/app.db`.
    #[default]
    Sqlite,
    /// A server. The generator keeps its own copy of the data in `data/.app.db`, and [`crate::AppDelivery`] tells what the
    /// server has not got yet.
    Postgres,
}

impl AppSystem {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Sqlite, Self::Postgres].into_iter().find(|system| system.name() == name)
    }

    /// The generator's file, below `data`.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Sqlite => "app.db",
            Self::Postgres => ".app.db",
        }
    }
}
