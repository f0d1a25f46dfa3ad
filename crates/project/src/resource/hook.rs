//! SQL that runs beside a model.

use ade_diagnostic::Location;

/// One statement of `pre_hook` or `post_hook`: a template, rendered when it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    /// The statement, before rendering.
    pub sql: String,
    /// Where it is written.
    pub origin: Location,
}
