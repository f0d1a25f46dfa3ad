//! What an answer is about.

use serde::Serialize;

/// What an answer is about, in the order in which people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Which server it is, and its version.
    Server,
    /// Whether somebody runs it as a service.
    Hosting,
    /// Whether it is where people write, or a copy.
    Role,
    /// In which time zone it writes what has none.
    TimeZone,
    /// Who we are to it.
    Login,
    /// What this login may and may not do.
    Rights,
    /// Whether changes can be captured from its log.
    Capture,
    /// What tells rows apart.
    Keys,
    /// Columns that say when a row came.
    Created,
    /// Columns that say when a row was changed last.
    Updated,
    /// Columns that say that a row is deleted.
    SoftDelete,
    /// Times that do not say in which zone.
    NaiveTime,
    /// Columns with documents in them, and their shape.
    Json,
    /// Columns with few, listed values.
    Enumeration,
    /// Small tables that others refer to.
    Lookup,
    /// What comments and constraints say.
    Documentation,
    /// Tables that keep what happened to others.
    ChangeLog,
    /// Rows that came from another system.
    MigratedRows,
    /// Rows that are nobody's.
    TestRows,
    /// Who decides, and how one hears of changes.
    Ownership,
}

impl Topic {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Hosting => "hosting",
            Self::Role => "primary or replica",
            Self::TimeZone => "time zone",
            Self::Login => "login",
            Self::Rights => "rights",
            Self::Capture => "change capture",
            Self::Keys => "keys",
            Self::Created => "created",
            Self::Updated => "last updated",
            Self::SoftDelete => "soft deletion",
            Self::NaiveTime => "times without zone",
            Self::Json => "JSON",
            Self::Enumeration => "enumerations",
            Self::Lookup => "lookup tables",
            Self::Documentation => "documentation",
            Self::ChangeLog => "change logs",
            Self::MigratedRows => "migrated rows",
            Self::TestRows => "test rows",
            Self::Ownership => "ownership",
        }
    }
}
