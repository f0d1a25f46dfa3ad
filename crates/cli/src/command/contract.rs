//! `ade contract`.
use std::process::ExitCode;

use ade_run::LandedDocuments;

use super::{Done, open, open_options, print, print_json};
use crate::args::{ContractArgs, ContractCommand, GlobalArgs, OutputFormat, SuggestArgs};
use crate::output::Table;

pub(crate) async fn run(global: &GlobalArgs, args: &ContractArgs) -> Done {
    match &args.command {
        ContractCommand::Suggest(suggest) => self::suggest(global, suggest).await,
    }
}

async fn suggest(global: &GlobalArgs, args: &SuggestArgs) -> Done {
    let workspace = open(global, open_options(global)?).await?;
    let files = workspace.suggest_contract(args.name.as_deref()).await?;
    if args.write {
        for file in &files {
            workspace.write_suggested(file)?;
        }
    }
    if global.output == OutputFormat::Json {
        print_json(&files);
        return Ok(ExitCode::SUCCESS);
    }
    if files.iter().all(|file| file.diff.is_empty()) && !global.quiet {
        print("nothing more to promise of what has arrived so far");
    }
    for file in &files {
        if file.diff.is_empty() {
            // There is nothing to write.
        } else if args.write {
            let mut table = Table::new(&["column", "promise", "because"]);
            for one in &file.promises {
                table.row(vec![format!("{}.{}", one.table, one.column), one.promise.clone(), one.why.clone()]);
            }
            print(&format!("{} promises\n{}", file.path, table.to_text()));
        } else {
            print(&file.diff);
        }
    }
    for landed in files.iter().flat_map(|file| &file.documents).filter(|_| !global.quiet) {
        let LandedDocuments { table, column, documents, paths } = landed;
        let documents = if *documents == 1 { "1 document".to_owned() } else { format!("{documents} documents") };
        print(&format!("{table}.{column} had in {documents}: {}", paths.join(", ")));
    }
    Ok(ExitCode::SUCCESS)
}
