//! How to reach a system.

use ade_diagnostic::Location;
use indexmap::IndexMap;

use crate::Setting;

/// A connection of `ade.yml`. Its settings are checked by the connector of its type, which alone knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// Its name in the project.
    pub name: String,
    /// The connector: `sqlite`, `files`, …
    pub kind: String,
    /// Everything but `type`, secrets as references.
    pub settings: IndexMap<String, ConnectionSetting>,
    /// Where it is declared.
    pub origin: Location,
    /// Where its type is written.
    pub kind_origin: Location,
}

/// One setting of a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionSetting {
    /// The value, with its references unresolved.
    pub value: Setting,
    /// Where the key is written.
    pub key_origin: Location,
    /// Where the value is written.
    pub value_origin: Location,
}
