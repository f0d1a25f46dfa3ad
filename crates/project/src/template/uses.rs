//! What a template was found to use.

use std::collections::{BTreeMap, BTreeSet};

use ade_diagnostic::Location;
use serde_json::{Map, Value as Json};

use super::Reference;

/// Everything that a template and the macros it reaches ask for. This makes the edges of the graph and the inputs of the
/// fingerprint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uses {
    /// Calls of `ref`, once for each distinct reference, in order of appearance.
    pub refs: Vec<RefUse>,
    /// Calls of `source`, once for each distinct table, in order of appearance.
    pub sources: Vec<SourceUse>,
    /// Values given to `config(…)`, later calls over earlier ones.
    pub config: Map<String, Json>,
    /// Where each key of `config` was given.
    pub config_locations: BTreeMap<String, Location>,
    /// Names asked of `var()`.
    pub vars: BTreeSet<String>,
    /// Names asked of `env_var()`.
    pub env_vars: BTreeSet<String>,
    /// Ids (`macro.<package>.<name>`) of all project macros that can be reached, also through others.
    pub macros: BTreeSet<String>,
    /// Names asked of `doc()`.
    pub docs: BTreeSet<String>,
    /// Whether the text depends on what is in the lake (queries, columns or existence of relations).
    pub introspects: bool,
    /// Whether the text depends on when or by which invocation it is made (`run_started_at`, `invocation_id`, `now()`).
    pub volatile: bool,
}

/// One `ref` and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct RefUse {
    /// What is referred to.
    pub reference: Reference,
    /// The call.
    pub location: Location,
    /// Whether the call was only seen in the text, in a branch that was not taken: an unknown name here need not be an error.
    pub conditional: bool,
}

/// One `source` and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceUse {
    /// The source's name.
    pub source: String,
    /// The table's name within it.
    pub table: String,
    /// The call.
    pub location: Location,
    /// As for [`RefUse::conditional`].
    pub conditional: bool,
}

impl Uses {
    /// Adds what another pass found. What either saw for certain is certain; the other's configuration wins.
    pub fn merge(&mut self, other: Self) {
        for found in other.refs {
            self.add_ref(found);
        }
        for found in other.sources {
            self.add_source(found);
        }
        self.config.extend(other.config);
        self.config_locations.extend(other.config_locations);
        self.vars.extend(other.vars);
        self.env_vars.extend(other.env_vars);
        self.macros.extend(other.macros);
        self.docs.extend(other.docs);
        self.introspects |= other.introspects;
        self.volatile |= other.volatile;
    }

    pub(crate) fn add_ref(&mut self, found: RefUse) {
        match self.refs.iter_mut().find(|known| known.reference == found.reference) {
            Some(known) => {
                if known.conditional && !found.conditional {
                    *known = found;
                }
            }
            None => self.refs.push(found),
        }
    }

    pub(crate) fn add_source(&mut self, found: SourceUse) {
        let same = |known: &&mut SourceUse| known.source == found.source && known.table == found.table;
        match self.sources.iter_mut().find(same) {
            Some(known) => {
                if known.conditional && !found.conditional {
                    *known = found;
                }
            }
            None => self.sources.push(found),
        }
    }
}
