//! The reference pages of the handbook and the schemas for editors, made from the values that the program itself works
//! with: what is in them is what it does.
mod connectors;
mod files;
mod key_type;
mod page;
mod privacy;
mod schemas;

pub use page::Page;
pub use schemas::schemas;

/// Every page that the libraries can write, in the order of the handbook. The page of the command line is the program's.
pub fn pages() -> Vec<Page> {
    vec![
        Page { name: "files", text: files::markdown(&schemas()) },
        Page { name: "connectors", text: connectors::markdown() },
        Page { name: "privacy", text: privacy::markdown() },
        Page { name: "diagnostics", text: ade_diagnostic::render_reference() },
    ]
}

/// The line below the title of every page.
pub(crate) const GENERATED: &str = "This page is generated from the program.";

/// Text for a cell of a Markdown table: one line, bars escaped.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
