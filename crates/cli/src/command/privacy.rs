//! `ade privacy`.
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use ade_run::diagnostic::{agree, count as words};
use ade_run::{AnonymityReport, AuditedColumn, Certificate, Erasure, RevealRequest, Subject};

use super::{Done, complain, lake_options, open, open_options, print, print_json};
use crate::args::{
    EraseArgs, GlobalArgs, OutputFormat, PrivacyArgs, PrivacyAuditArgs, PrivacyCommand, PrivacyReportArgs, RevealArgs,
    RotateArgs,
};
use crate::error::CliError;
use crate::output::{Table, count, style};

/// How long to wait for somebody who writes a table.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn run(global: &GlobalArgs, args: &PrivacyArgs) -> Done {
    match &args.command {
        PrivacyCommand::Audit(args) => audit(global, args).await,
        PrivacyCommand::Reveal(args) => reveal(global, args).await,
        PrivacyCommand::Report(args) => report(global, args).await,
        PrivacyCommand::Keys => keys(global).await,
        PrivacyCommand::Rotate(args) => rotate(global, args).await,
        PrivacyCommand::Erase(args) => erase(global, args).await,
    }
}

async fn audit(global: &GlobalArgs, args: &PrivacyAuditArgs) -> Done {
    let workspace = open(global, open_options(global)?).await?;
    let columns = workspace.privacy_audit(&args.select).await?;
    if global.output == OutputFormat::Json {
        print_json(&columns);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table =
        Table::new(&["table", "column", "type", "class", "landed as", "since (UTC)", "key", "decided by", "written"]);
    for column in &columns {
        table.row(vec![
            column.table.clone(),
            column.column.clone(),
            column.data_type.clone().unwrap_or_default(),
            column.class.clone().unwrap_or_else(|| "not classified".to_owned()),
            landed(column),
            column.since.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default(),
            column.key.clone().unwrap_or_default(),
            column.decided_by.clone(),
            written(column),
        ]);
    }
    print(&table.to_text());
    for column in columns.iter().filter(|column| column.differs) {
        let name = format!("{}.{}", column.table, column.column);
        let (then, now) =
            (column.landed_as.as_deref().unwrap_or_default(), column.treatment.as_deref().unwrap_or_default());
        print(
            &style(global).warn(&format!(
                "{name} landed as `{then}`; `{now}` is decided now: load the table with --full-refresh"
            )),
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn landed(column: &AuditedColumn) -> String {
    match (&column.landed_as, &column.treatment) {
        (Some(landed), _) => landed.clone(),
        (None, Some(decided)) => format!("({decided})"),
        (None, None) => String::new(),
    }
}

fn written(column: &AuditedColumn) -> String {
    let place = column.place.clone().unwrap_or_default();
    match (&column.author, column.authored_at) {
        (Some(author), Some(at)) => format!("{place} by {author} on {}", at.format("%Y-%m-%d")),
        _ => place,
    }
}

async fn reveal(global: &GlobalArgs, args: &RevealArgs) -> Done {
    let workspace = open(global, lake_options(global)?).await?;
    let request = RevealRequest {
        column: args.column.clone(),
        beside: args.beside.clone(),
        condition: args.condition.clone(),
        limit: args.limit,
        reason: args.reason.clone(),
    };
    let revealed = workspace.reveal(&request).await?;
    let names = &revealed.columns;
    let shown = revealed.rows.len() as u64;
    if global.output == OutputFormat::Json {
        let object = |row: &Vec<Option<String>>| -> serde_json::Map<String, serde_json::Value> {
            names.iter().cloned().zip(row.iter().map(|value| value.clone().into())).collect()
        };
        print_json(&revealed.rows.iter().map(object).collect::<Vec<_>>());
    } else {
        let mut table = Table::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for row in revealed.rows {
            table.row(row.into_iter().map(Option::unwrap_or_default).collect());
        }
        print(&table.to_text());
    }
    if !global.quiet {
        complain(&format!("{} revealed; the entry in ade.reveals is {}", words(shown, "value"), revealed.reveal_id));
    }
    Ok(ExitCode::SUCCESS)
}

async fn report(global: &GlobalArgs, args: &PrivacyReportArgs) -> Done {
    let workspace = open(global, lake_options(global)?).await?;
    let report = workspace.anonymity(&args.table, &args.quasi, &args.sensitive).await?;
    let fails = args.min_k.is_some_and(|least| report.k.is_some_and(|k| k < least));
    let code = if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    if global.output == OutputFormat::Json {
        print_json(&[report]);
    } else {
        print(&told(&report));
    }
    Ok(code)
}

fn told(report: &AnonymityReport) -> String {
    let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), count);
    let mut lines = vec![
        format!(
            "{}: {} rows, {} combinations of {}",
            report.table,
            count(report.rows),
            count(report.combinations),
            report.quasi_identifiers.join(", ")
        ),
        format!("k = {}: as many rows at least share a combination", number(report.k)),
    ];
    for (bound, rows) in &report.rows_below {
        let percent = (rows * 1000).checked_div(report.rows).unwrap_or(0);
        lines.push(format!(
            "  {} rows ({}.{} %) share theirs with fewer than {bound}",
            count(*rows),
            percent / 10,
            percent % 10
        ));
    }
    for (column, k) in &report.k_without {
        lines.push(format!("  without {column}: k = {}", number(*k)));
    }
    for column in &report.sensitive {
        lines.push(format!(
            "l = {} for {}: as many different values at least within a combination",
            number(column.l),
            column.column
        ));
        lines.push(format!(
            "  {} combinations ({} rows) have one value: who knows that somebody is among them knows it",
            count(column.combinations_of_one_value),
            count(column.rows_of_one_value)
        ));
        if let Some(entropy) = column.entropy_l {
            lines.push(format!("  by entropy: l = {entropy:.2}"));
        }
    }
    lines.join("\n")
}

async fn keys(global: &GlobalArgs) -> Done {
    let workspace = open(global, lake_options(global)?).await?;
    let uses = workspace.key_uses().await?;
    if global.output == OutputFormat::Json {
        print_json(&uses);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["key", "", "tables"]);
    for key in uses {
        let state = match (key.is_current, key.is_there) {
            (true, _) => "current",
            (false, true) => "old",
            (false, false) => "missing",
        };
        table.row(vec![key.key, state.to_owned(), key.tables.join(", ")]);
    }
    print(&table.to_text());
    Ok(ExitCode::SUCCESS)
}

async fn rotate(global: &GlobalArgs, args: &RotateArgs) -> Done {
    let workspace = open(global, lake_options(global)?).await?;
    if let Some(old) = &args.retire {
        workspace.retire_key(old).await?;
        if !global.quiet {
            print(&format!("key {old} is gone; values that were encrypted with it cannot be read any more"));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let key = workspace.rotate_key()?;
    if !global.quiet {
        print(&format!(
            "key {key} is the current one: new tables land under it, the others under theirs until they are loaded from nothing\n\
             next: ade build --full-refresh"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn erase(global: &GlobalArgs, args: &EraseArgs) -> Done {
    let mut subjects: Vec<Subject> = args.subjects.iter().map(|text| Subject::parse(text)).collect::<Result<_, _>>()?;
    if let Some(path) = &args.subject_file {
        let text = read(path)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        subjects.extend(lines.map(Subject::parse).collect::<Result<Vec<_>, _>>()?);
    }
    let workspace = open(global, open_options(global)?).await?;
    let erasure = Erasure { subjects, dry_run: args.dry_run, patience: PATIENCE };
    let (certificate, path) = workspace.erase(&erasure).await?;
    let is_done = path.is_none() || certificate.remains.is_empty();
    if global.output == OutputFormat::Json {
        print_json(&[certificate]);
    } else if !global.quiet {
        print(&erased(&certificate, path.as_deref()));
    }
    Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(path: &Path) -> Result<String, CliError> {
    let failed = |error: std::io::Error| CliError::usage(format!("--subject-file {}: {error}", path.display()));
    if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(failed)?;
        return Ok(text);
    }
    std::fs::read_to_string(path).map_err(failed)
}

fn entries(number: u64) -> String {
    format!("{} {}", count(number), agree(number, "entry", "entries"))
}

fn erased(certificate: &Certificate, path: Option<&str>) -> String {
    let mut lines = Vec::new();
    for subject in &certificate.subjects {
        let columns =
            if subject.columns.is_empty() { "no column of a source".to_owned() } else { subject.columns.join(", ") };
        lines.push(format!("`{}` stands for {columns}", subject.name));
    }
    for table in &certificate.rewritten {
        let past = if table.past_held { ", and its past" } else { "" };
        let rows = words(table.rows_removed, "row");
        lines.push(match path {
            None => format!("would rewrite {}: {rows}{past}; earlier versions could not be read any more", table.table),
            Some(_) => format!(
                "{}: {rows} gone{past}; {} and {} of the log removed, versions before {} cannot be read any more",
                table.table,
                words(table.files_removed as u64, "file"),
                entries(table.log_entries_removed as u64),
                table.version_after
            ),
        });
    }
    lines.push(format!("{} other tables hold nothing", certificate.searched.len()));
    for column in &certificate.cannot_be_told {
        lines.push(format!("{column} tells nobody: load its table from nothing, and remove its past (`ade maintain --retention-hours 0`)"));
    }
    lines.extend(certificate.positions.iter().cloned());
    if let Some(path) = path.filter(|_| !certificate.remains.is_empty()) {
        lines.extend(certificate.remains.iter().map(|remains| format!("not yet: {remains}")));
        lines.push(format!("the certificate is not complete: {path}"));
    } else if let Some(path) = path {
        lines.push(format!("certificate: {path}"));
        lines.push(
            "the next `ade build` makes what was built from these tables again; it lands no row of theirs".to_owned(),
        );
    }
    lines.join("\n")
}
