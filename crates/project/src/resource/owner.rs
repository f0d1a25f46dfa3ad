//! Who answers for a resource.

use serde::Serialize;

/// The person or team that answers for a resource. At least one of the two is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// Name of a person or team.
    pub name: Option<String>,
    /// Where to write to; several are possible in dbt.
    pub email: Vec<String>,
}
