//! The handbook is true: what its pages show, the program says.
//!
//! A page is carried out from top to bottom in an empty folder. A block with `file=PATH` after its language is written to
//! that file. In a `console` block, lines after `$ ` are commands (further lines of one after `> `), and the rest is what
//! they must print. `<!-- $ COMMAND -->` is carried out unseen. A line `…` stands for lines that are left out. What
//! differs from run to run (times, durations, UUIDs, pseudonyms, the order of lines) is not compared.
//!
//! `ADE_UPDATE=1 cargo nextest run -p ade-cli handbook` writes what the program says now into the pages.
mod links;
mod page;
mod same;
mod sandbox;

use std::fs;
use std::path::Path;

use page::Page;
use same::same;
use sandbox::Sandbox;

/// The checkout's root.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Whether files are to be rewritten instead of compared.
#[expect(clippy::disallowed_methods, reason = "a test is told by its environment to rewrite what it compares")]
pub(crate) fn update() -> bool {
    std::env::var_os("ADE_UPDATE").is_some()
}

fn carry_out(path: &str) {
    let file = root().join(path);
    let mut page = Page::parse(&fs::read_to_string(&file).unwrap());
    let mut sandbox = Sandbox::new(path);
    let mut wrong = Vec::new();
    for step in page.steps() {
        match step {
            page::Step::File { path, text } => sandbox.write(path, text),
            page::Step::Unseen { command } => {
                let _ = sandbox.run(command);
            }
            page::Step::Command { command, printed, line } => {
                let now = sandbox.run(command);
                if !same(printed, &now) {
                    wrong.push(format!("{path}:{line}: $ {command}\n--- the page\n{printed}\n--- the program\n{now}"));
                    *printed = now;
                }
            }
        }
    }
    if update() {
        fs::write(&file, page.to_text()).unwrap();
    } else {
        assert!(wrong.is_empty(), "{}\nADE_UPDATE=1 writes the pages anew", wrong.join("\n\n"));
    }
}

macro_rules! pages {
    ($($name:ident $path:literal)*) => {
        $(#[test] fn $name() { carry_out($path); })*

        #[test]
        fn every_page_is_carried_out() {
            let listed = [$($path),*];
            for entry in fs::read_dir(root().join("docs/guide")).unwrap() {
                let name = format!("docs/guide/{}", entry.unwrap().file_name().to_string_lossy());
                assert!(listed.contains(&name.as_str()), "{name} is not in the list of this test");
            }
        }
    };
}

pages! {
    readme "README.md"
    first_table "docs/guide/first-table.md"
    sources "docs/guide/sources.md"
    files "docs/guide/files.md"
    privacy "docs/guide/privacy.md"
    models "docs/guide/models.md"
    checks "docs/guide/checks.md"
    lake "docs/guide/lake.md"
    environments "docs/guide/environments.md"
    postgresql "docs/guide/postgresql.md"
    mysql "docs/guide/mysql.md"
    kafka "docs/guide/kafka.md"
    change_capture "docs/guide/change-capture.md"
    integration_checklist "docs/guide/integration-checklist.md"
    drift "docs/guide/drift.md"
    contracts "docs/guide/contracts.md"
    rejects "docs/guide/rejects.md"
    events "docs/guide/events.md"
    singer "docs/guide/singer.md"
    singer_salesforce "docs/guide/singer-salesforce.md"
    singer_google_analytics "docs/guide/singer-google-analytics.md"
    singer_mixpanel "docs/guide/singer-mixpanel.md"
    singer_stripe "docs/guide/singer-stripe.md"
    singer_zendesk "docs/guide/singer-zendesk.md"
    singer_github "docs/guide/singer-github.md"
}
