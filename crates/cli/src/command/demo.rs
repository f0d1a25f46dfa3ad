//! `ade demo`.
use std::process::ExitCode;

use ade_example_marketplace::{
    MarketplaceError, Settings, Summary, advance, break_inventory, generate, mend_inventory, write_project,
};
use ade_run::init_project;

use super::{Done, print};
use crate::args::{DemoArgs, GlobalArgs};
use crate::error::CliError;
use crate::output::plural;
use crate::world::world;

impl From<MarketplaceError> for CliError {
    fn from(error: MarketplaceError) -> Self {
        match error {
            MarketplaceError::Scale { .. } | MarketplaceError::NotGenerated { .. } => Self::usage(error.to_string()),
            other => Self::new(other.to_string()),
        }
    }
}

pub(crate) fn run(global: &GlobalArgs, args: &DemoArgs) -> Done {
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
    if args.breaks.is_some() {
        let summary = break_inventory(dir)?;
        say(&format!(
            "{} has passed, and the inventory team has renamed `on_hand` to `qty_on_hand` without a word.\nNow run `ade build --project-dir {}`.",
            summary.last_day,
            dir.display()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    if args.next_day {
        let summary = advance(dir, 1)?;
        say(&format!("{} has passed in the source systems: {}", summary.last_day, words(&summary)));
        return Ok(ExitCode::SUCCESS);
    }
    if dir.join("ade.yml").exists() {
        return Err(CliError::usage(format!(
            "{} holds a project already; give another folder, or --next-day to let a day pass in it",
            dir.display()
        )));
    }
    let world = world();
    let settings = Settings { seed: args.seed, scale: args.scale, today: world.clock.now().date_naive() };
    write_project(dir)?;
    let summary = generate(&settings, dir)?;
    init_project(dir, None, "dev", &world)?;
    say(&format!("wrote the marketplace project to {}: {}", dir.display(), words(&summary)));
    say(&format!("\nNext: `ade build --project-dir {}`", dir.display()));
    Ok(ExitCode::SUCCESS)
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
