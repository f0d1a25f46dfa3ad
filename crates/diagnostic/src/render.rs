//! Diagnostics for people and for machines.

mod github;
mod json;
mod reference;
mod terminal;

pub use github::render_github;
pub use json::render_json;
pub use reference::render_reference;
pub use terminal::{render_terminal, summary};
