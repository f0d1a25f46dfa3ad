//! `ade demo`.
use std::path::Path;
use std::process::ExitCode;

use ade_example_marketplace::{
    APP_SCHEMA, AppDelivery, AppServer, AppSystem, MarketplaceError, Settings, Summary, advance, break_inventory,
    generate, mend_inventory, write_project,
};
use ade_run::{PostgresSetup, World, init_project, set_up_connection, set_up_postgres};

use super::{Done, print};
use crate::args::{DemoArgs, GlobalArgs};
use crate::error::CliError;
use crate::output::plural;
use crate::world::world;

/// The connection that the app's database has in the project.
const APP: &str = "app_db";

/// Where the project looks for the password of the app's server: it is written into no file.
const PASSWORD: &str = "PGPASSWORD";

impl From<MarketplaceError> for CliError {
    fn from(error: MarketplaceError) -> Self {
        match error {
            MarketplaceError::Scale { .. } | MarketplaceError::NotGenerated { .. } => Self::usage(error.to_string()),
            other => Self::new(other.to_string()),
        }
    }
}

pub(crate) async fn run(global: &GlobalArgs, args: &DemoArgs) -> Done {
    let dir = &args.dir;
    let say = |text: &str| {
        if !global.quiet {
            print(text);
        }
    };
    if args.mend.is_some() {
        mend_inventory(dir)?;
        say(&format!(
            "the inventory team delivers its files with `on_hand` again.\nNow run `ade build --project-dir {}`.",
            dir.display()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let world = world();
    if args.breaks.is_some() {
        let summary = pass(dir, &world, break_inventory).await?;
        say(&format!(
            "{} has passed, and the inventory team has renamed `on_hand` to `qty_on_hand` without a word.\nNow run `ade build --project-dir {}`.",
            summary.last_day,
            dir.display()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    if args.next_day {
        let summary = pass(dir, &world, |dir| advance(dir, 1)).await?;
        say(&format!("{} has passed in the source systems: {}", summary.last_day, words(&summary)));
        return Ok(ExitCode::SUCCESS);
    }
    if dir.join("ade.yml").exists() {
        return Err(CliError::usage(format!(
            "{} holds a project already; give another folder, or --next-day to let a day pass in it",
            dir.display()
        )));
    }
    let today = world.clock.now().date_naive();
    let settings = |app| Settings { seed: args.seed, scale: args.scale, today, app };
    let mut hint = String::new();
    let summary = match &args.postgres {
        None => {
            write_project(dir, None)?;
            generate(&settings(AppSystem::Sqlite), dir)?
        }
        Some(url) => {
            let mut database = set_up_postgres(url, Path::new("."), &world).await?;
            refuse_what_is_there(&mut database).await?;
            let server = server(&mut database).await?;
            write_project(dir, Some(&server))?;
            let summary = generate(&settings(AppSystem::Postgres), dir)?;
            deliver(dir, &mut database).await?;
            if database.has_password() {
                hint = format!(", with the server's password in {PASSWORD}: no file has it");
            }
            let how = if server.tells_changes {
                "by its log"
            } else {
                "by change times (`wal_level` is not `logical`, or this user may not replicate)"
            };
            say(&format!("made schema `{APP_SCHEMA}` in the database; the project reads it {how}"));
            summary
        }
    };
    init_project(dir, None, "dev", &world)?;
    say(&format!("wrote the marketplace project to {}: {}", dir.display(), words(&summary)));
    say(&format!("\nNext: `ade build --project-dir {}`{hint}", dir.display()));
    Ok(ExitCode::SUCCESS)
}

/// Lets time pass in the source systems, the app's server among them.
async fn pass(
    dir: &Path,
    world: &World,
    days: impl FnOnce(&Path) -> Result<Summary, MarketplaceError>,
) -> Result<Summary, CliError> {
    if AppDelivery::open(dir)?.is_none() {
        return Ok(days(dir)?);
    }
    let mut database = set_up_connection(APP, dir, world).await?;
    // What it should have got before comes first: it is asked whether it holds this very data.
    deliver(dir, &mut database).await?;
    let summary = days(dir)?;
    deliver(dir, &mut database).await?;
    Ok(summary)
}

/// How the project says where the server is.
async fn server(database: &mut PostgresSetup) -> Result<AppServer, CliError> {
    let mut settings = database.address();
    if database.has_password() {
        settings.push(("password".to_owned(), format!("${{env:{PASSWORD}}}")));
    }
    let tells_changes = database.tells_changes().await.map_err(|error| CliError::new(error.to_string()))?;
    Ok(AppServer { settings, tells_changes })
}

/// The comment of the app's schema; `None` when there is no such schema.
async fn mark(database: &mut PostgresSetup) -> Result<Option<String>, CliError> {
    let sql = format!(
        "select coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace where nspname = '{APP_SCHEMA}'"
    );
    let rows = ask(database, &sql).await?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()))
}

async fn refuse_what_is_there(database: &mut PostgresSetup) -> Result<(), CliError> {
    let Some(mark) = mark(database).await? else { return Ok(()) };
    let whose = if mark.starts_with("ade demo: ") { "of another demo" } else { "that is not of a demo" };
    Err(CliError::usage(format!(
        "the database has a schema `{APP_SCHEMA}` already, {whose}: nothing is written over it. Give another database, or \
         remove it with `drop schema {APP_SCHEMA} cascade` if nobody needs it"
    )))
}

/// Brings to the app's server what it has not got.
async fn deliver(dir: &Path, database: &mut PostgresSetup) -> Result<(), CliError> {
    let Some(mut delivery) = AppDelivery::open(dir)? else { return Ok(()) };
    let (before, after) = delivery.marks();
    let found = mark(database).await?;
    // One that was broken off at its very end is made again: it changes nothing.
    if found != before && found.as_ref() != Some(&after) {
        return Err(CliError::usage(format!(
            "schema `{APP_SCHEMA}` in the database of connection `{APP}` is not the one that this demo wrote: nothing is \
             written over it. Make a new demo in another folder, with another database"
        )));
    }
    ask(database, "begin").await?;
    if delivery.is_first() && found.is_none() {
        ask(database, &AppDelivery::creation()).await?;
    }
    while let Some(statements) = delivery.next_statements()? {
        ask(database, &statements).await?;
    }
    ask(database, &format!("{} commit", delivery.end())).await?;
    Ok(delivery.done()?)
}

async fn ask(database: &mut PostgresSetup, statements: &str) -> Result<Vec<Vec<Option<String>>>, CliError> {
    let what = format!("schema {APP_SCHEMA} of connection {APP}");
    database.run(&what, statements).await.map_err(|error| CliError::new(error.to_string()))
}

fn words(summary: &Summary) -> String {
    [
        plural(summary.customers, "customer"),
        plural(summary.orders, "order"),
        plural(summary.order_items, "order item"),
        plural(summary.stock_rows, "row") + " of stock",
        plural(summary.events, "event"),
        plural(summary.crm_rows, "row") + " of CRM",
    ]
    .join(", ")
}
