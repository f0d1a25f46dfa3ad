//! `ade init`.
use std::process::ExitCode;

use ade_run::init_project;

use super::{Done, print};
use crate::args::{GlobalArgs, InitArgs};
use crate::world::world;

pub(crate) fn run(global: &GlobalArgs, args: &InitArgs) -> Done {
    let environment = global.env.as_deref().unwrap_or("dev");
    let report = init_project(&args.dir, args.name.as_deref(), environment, &world())?;
    if global.quiet {
        return Ok(ExitCode::SUCCESS);
    }
    for path in &report.written {
        print(&format!("wrote {}", args.dir.join(path).display()));
    }
    if report.new_key {
        print(&format!(
            "made the key of environment `{environment}` in {}\n  keep a copy of it in a safe place: without it, pseudonyms of new rows no longer join with old ones",
            args.dir.join(".ade/keys").join(format!("{environment}.key")).display()
        ));
    }
    if report.written.is_empty() && !report.new_key {
        print(&format!(
            "{} is a project already, with the key of environment `{environment}`: nothing to do",
            args.dir.display()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    print("\nNext: declare a connection in ade.yml, then `ade inspect NAME --write`, then `ade build`.");
    Ok(ExitCode::SUCCESS)
}
