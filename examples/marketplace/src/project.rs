//! The files of the example project.

use std::{fs, path::Path};

use crate::{AppServer, MarketplaceError};

/// A file of the example project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectFile {
    /// Its path within the project, with `/`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Builds the table at compile time: the program carries the project with it, and a missing file does not compile. That a
/// file in the folder is not forgotten here is for a test to see; a list of forty lines needs no crate.
macro_rules! files {
    ($($path:literal,)*) => {
        &[$(ProjectFile { path: $path, text: include_str!(concat!("../project/", $path)) },)*]
    };
}

const FILES: &[ProjectFile] = files![
    "ade.yml",
    ".gitignore",
    "README.md",
    "macros/changed_since.sql",
    "macros/money.sql",
    "models/core/core.yml",
    "models/core/customer_accounts.sql",
    "models/core/dim_customer.sql",
    "models/core/dim_date.sql",
    "models/core/dim_market.sql",
    "models/core/dim_sku.sql",
    "models/core/dim_store.sql",
    "models/core/fct_events.sql",
    "models/core/fct_order_items.sql",
    "models/core/fct_orders.sql",
    "models/core/fct_searches.sql",
    "models/core/inventory_day.sql",
    "models/reports/customer_care.sql",
    "models/reports/demand_features.sql",
    "models/reports/reports.yml",
    "models/reports/sales_by_market_day.sql",
    "models/reports/sku_demand.sql",
    "models/reports/stock_alerts.sql",
    "models/reports/top_items_not_carried.sql",
    "models/staging/staging.yml",
    "models/staging/stg_app__customers.sql",
    "models/staging/stg_app__order_items.sql",
    "models/staging/stg_app__orders.sql",
    "models/staging/stg_app__skus.sql",
    "models/staging/stg_app__stores.sql",
    "models/staging/stg_crm__contacts.sql",
    "models/staging/stg_crm__tickets.sql",
    "models/staging/stg_events__events.sql",
    "models/staging/stg_inventory__stock.sql",
    "seeds/event_types.csv",
    "seeds/exchange_rates.csv",
    "sources/app.yml",
    "sources/crm.yml",
    "sources/events.yml",
    "sources/inventory.yml",
    "tests/items_add_up_to_orders.sql",
    "tests/no_test_data_in_reports.sql",
    "tests/pseudonyms_only.sql",
];

/// Every file of the example project, `ade.yml` first.
pub fn project_files() -> &'static [ProjectFile] {
    FILES
}

/// Writes the project's files below `target`, creating folders as needed; files that are there are overwritten.
/// With a server, they say that the app's database is there.
pub fn write_project(target: &Path, server: Option<&AppServer>) -> Result<(), MarketplaceError> {
    for file in project_files() {
        let path = target.join(file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| MarketplaceError::File {
                action: "create",
                path: folder.to_owned(),
                source,
            })?;
        }
        let text = server.map_or_else(|| file.text.to_owned(), |server| server.rewrite(file.path, file.text));
        fs::write(&path, text).map_err(|source| MarketplaceError::File { action: "write", path, source })?;
    }
    Ok(())
}
