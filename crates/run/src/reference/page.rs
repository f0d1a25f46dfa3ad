//! One page of the reference.

/// One page of the reference, in Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its file's name without `.md`.
    pub name: &'static str,
    /// Its text, with a line break at the end.
    pub text: String,
}
