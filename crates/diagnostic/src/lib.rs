//! Problems in what users wrote, as values, and their renderers.
//!
//! A [`Diagnostic`] names a [`Rule`] (its stable id and a paragraph of explanation), says what is wrong,
//! points at bytes of a [`SourceFile`] and carries hints. Code that reads a project collects all of them in
//! [`Diagnostics`] and goes on; only the outermost program decides how they are shown: on a terminal with the
//! offending text, as JSON lines for machines, or as GitHub annotations.
//!
//! How to write one: the message says what is wrong with which object, in one sentence without a full stop,
//! names in backticks; the label says what is wrong *here*; a hint says what to do next.

mod count;
mod diagnostic;
mod diagnostics;
mod location;
mod render;
pub mod rule;
mod severity;
mod source_file;
mod span;
mod suggest;

pub use count::{agree, count};
pub use diagnostic::{Diagnostic, Related};
pub use diagnostics::Diagnostics;
pub use location::Location;
pub use render::{render_github, render_json, render_reference, render_terminal, summary};
pub use rule::Rule;
pub use severity::Severity;
pub use source_file::SourceFile;
pub use span::Span;
pub use suggest::{did_you_mean, suggest};
