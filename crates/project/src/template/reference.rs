//! What `ref()` names.

use std::fmt;

/// The arguments of a `ref`: `ref('name')`, `ref('package', 'name')`, either with `version=`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The package (project) when it is given.
    pub package: Option<String>,
    /// Name of a model, seed or snapshot.
    pub name: String,
    /// The model's version when it is given.
    pub version: Option<String>,
}

impl Reference {
    /// `ref('name')`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { package: None, name: name.into(), version: None }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(package) = &self.package {
            write!(out, "{package}.")?;
        }
        out.write_str(&self.name)?;
        match &self.version {
            Some(version) => write!(out, ".v{version}"),
            None => Ok(()),
        }
    }
}
