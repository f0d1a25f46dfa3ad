//! How far somebody may rely on a resource.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The steps from a query to a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Maturity {
    /// May change or go at any time.
    #[default]
    Experimental,
    /// Relied on inside the team that owns it.
    Internal,
    /// A product: has an owner, a contract and checks.
    Production,
}
