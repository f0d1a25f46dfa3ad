//! `ade reference`: writes the generated pages of the handbook and the schemas for editors. For those who work on ade.
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;

use super::{Done, print, schema};
use crate::args::{Args, ReferenceArgs};
use crate::error::CliError;
use crate::output::cli_reference;

pub(crate) fn run(args: &ReferenceArgs) -> Done {
    write(&args.dir, "cli.md", &cli_reference(Args::command()))?;
    for page in ade_run::reference::pages() {
        write(&args.dir, &format!("{}.md", page.name), &page.text)?;
    }
    if let Some(dir) = &args.schemas {
        for (kind, value) in &ade_run::reference::schemas() {
            write(dir, &format!("{kind}.schema.json"), &schema::pretty(value))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(dir: &Path, name: &str, text: &str) -> Result<(), CliError> {
    let path = dir.join(name);
    let written = fs::create_dir_all(dir).and_then(|()| fs::write(&path, text));
    written.map_err(|error| CliError::new(format!("cannot write {}: {error}", path.display())))?;
    print(&format!("wrote {}", path.display()));
    Ok(())
}
