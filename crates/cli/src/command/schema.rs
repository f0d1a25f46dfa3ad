//! `ade schema`.
use std::fs;
use std::process::ExitCode;

use super::{Done, print};
use crate::args::SchemaArgs;
use crate::error::CliError;

pub(crate) fn run(args: &SchemaArgs) -> Done {
    let schemas = ade_run::reference::schemas();
    if let Some(dir) = &args.dir {
        let failed = |error: std::io::Error| CliError::new(format!("cannot write to {}: {error}", dir.display()));
        fs::create_dir_all(dir).map_err(failed)?;
        for (kind, schema) in &schemas {
            fs::write(dir.join(format!("{kind}.schema.json")), pretty(schema)).map_err(failed)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let Some(kind) = &args.kind else {
        for (kind, _) in &schemas {
            print(kind);
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some((_, schema)) = schemas.iter().find(|(known, _)| *known == file_kind(kind)) else {
        let known: Vec<&str> = schemas.iter().map(|(kind, _)| *kind).collect();
        return Err(CliError::usage(format!("there is no file kind `{kind}`; there are {}", known.join(", "))));
    };
    print(pretty(schema).trim_end());
    Ok(ExitCode::SUCCESS)
}

/// The kind of file that a word means: sources, models and the rest are declared in files of one kind.
fn file_kind(word: &str) -> &str {
    match word {
        "sources" | "models" | "seeds" | "exposures" => "properties",
        other => other,
    }
}

/// The text of a schema's file.
pub(super) fn pretty(schema: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(schema).unwrap_or_default();
    text.push('\n');
    text
}
