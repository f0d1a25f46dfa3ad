//! The list of commands, each with its examples.
use clap::Subcommand;

use super::{
    BuildArgs, CompletionsArgs, ContractArgs, DemoArgs, HistoryArgs, IngestArgs, InitArgs, InspectArgs, LsArgs,
    MaintainArgs, ModelsArgs, PlanArgs, PrivacyArgs, QueryArgs, ReferenceArgs, RejectsArgs, RestoreArgs, SchemaArgs,
    ServeArgs, ShowArgs,
};

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a folder into a project, with a key for its sensitive columns
    #[command(
        after_help = "Examples:\n  ade init shop            a new folder\n  ade init --name shop .   this folder"
    )]
    Init(InitArgs),
    /// Write the example project and its data
    #[command(
        after_help = "Examples:\n  ade demo                         write ./demo\n  ade demo big --scale 10          ten times the data\n  ade demo pg --postgres URL       the app's database in a PostgreSQL\n  ade demo demo --next-day         a day passes in the sources\n  ade demo demo --break inventory  a source changes without a word"
    )]
    Demo(DemoArgs),
    /// List what a connection offers and draft its sources file
    #[command(
        after_help = "Examples:\n  ade inspect                            list the connections\n  ade inspect app_db                     print tables, columns, keys and a draft\n  ade inspect app_db --write             write sources/app_db.yml\n  ade inspect files --table 'stock/*.csv'"
    )]
    Inspect(InspectArgs),
    /// Read the whole project and report every problem; touch nothing
    #[command(
        after_help = "Examples:\n  ade check                        words, with line and column\n  ade check --format json          one JSON object per problem\n  ade check --format github        annotations for GitHub Actions"
    )]
    Check(super::check::CheckArgs),
    /// Ingest, seed, run and test what is selected, in order; publish only what passes
    #[command(
        after_help = "Examples:\n  ade build\n  ade build --select +fct_orders           a model and all it needs\n  ade build --select state:modified+        what changed, and what follows from it\n  ade build --select tag:daily,path:models/marts --exclude stg_events\n  ade build --full-refresh --select fct_orders\n  ade build --select fct_events --event-time-start 2026-01-01 --event-time-end 2026-02-01"
    )]
    Build(ModelsArgs),
    /// Land the selected source tables
    #[command(
        after_help = "Examples:\n  ade ingest\n  ade ingest --select source:app\n  ade ingest --select source:app.customers --full-refresh\n  ade ingest ~/Downloads/customers.csv --into crm.customers\n  ade ingest customers.csv --into crm.customers --class note=free_text --accept\n  tap-github --config c.json | ade ingest --singer github > state.json"
    )]
    Ingest(IngestArgs),
    /// Collect events, and land them every few seconds
    #[command(
        after_help = "Examples:\n  ade serve\n  ade serve --listen 0.0.0.0:8070 --land-every 10\n  ade serve --no-landing      keep them until `ade ingest` runs"
    )]
    Serve(ServeArgs),
    /// Load the selected seeds
    #[command(after_help = "Examples:\n  ade seed\n  ade seed --select country_codes")]
    Seed(BuildArgs),
    /// Run the selected models, with the checks that guard them
    #[command(
        after_help = "Examples:\n  ade run\n  ade run --select stg_orders+\n  ade run --select fct_orders --full-refresh"
    )]
    Run(ModelsArgs),
    /// Run the selected checks over what is in the lake
    #[command(after_help = "Examples:\n  ade test\n  ade test --select fct_orders\n  ade test --store-failures")]
    Test(BuildArgs),
    /// Say what `ade build` would do, and why; do nothing
    #[command(after_help = "Examples:\n  ade plan\n  ade plan --select state:modified+")]
    Plan(PlanArgs),
    /// List the nodes of the project
    #[command(
        alias = "list",
        after_help = "Examples:\n  ade ls\n  ade ls --select +top_items\n  ade ls --resource-type model exposure --output json"
    )]
    Ls(LsArgs),
    /// Show one node: its columns, neighbours, checks, state and first rows, or its SQL
    #[command(
        after_help = "Examples:\n  ade show fct_orders\n  ade show fct_orders --sql\n  ade show app.customers --limit 10"
    )]
    Show(ShowArgs),
    /// Ask the lake in SQL
    #[command(
        after_help = "Examples:\n  ade query \"select count(*) from core.orders\"\n  ade query --format csv \"select * from core.stores\" > stores.csv\n  ade query --format parquet --out o.parquet \"select * from core.orders\"\n  ade query --file report.sql --timing --format none\n  ade query --at 2026-01-31 \"select count(*) from core.orders\"\n  ade query \"select * from ade.runs order by started_at desc\""
    )]
    Query(QueryArgs),
    /// Propose what a source could promise, from what has arrived so far
    #[command(
        after_help = "Examples:\n  ade contract suggest                      all sources\n  ade contract suggest app.orders --write   into its sources file"
    )]
    Contract(ContractArgs),
    /// Look at what was rejected, land it after a fix, or settle that nobody wants it
    #[command(
        after_help = "Examples:\n  ade rejects list\n  ade rejects show --source app --table orders\n  ade rejects replay --rule retyped_column --table orders\n  ade rejects discard --rule test_accounts\n  ade query \"select * from ade.rejects\""
    )]
    Rejects(RejectsArgs),
    /// List the versions of a table
    #[command(after_help = "Examples:\n  ade history fct_orders\n  ade history app.customers --limit 5")]
    History(HistoryArgs),
    /// Make an older version of a table current again
    #[command(
        after_help = "Examples:\n  ade restore fct_orders --to 12\n  ade restore app.customers --to '2026-01-31 08:00:00'"
    )]
    Restore(RestoreArgs),
    /// Compact small files, write checkpoints, and remove what no version needs any more
    #[command(
        after_help = "Examples:\n  ade maintain\n  ade maintain --select fct_orders --retention-hours 24\n  ade maintain --dry-run\n  ade maintain --drop main.old_orders      a table whose model is gone"
    )]
    Maintain(MaintainArgs),
    /// Audit what is obfuscated, reveal encrypted values, rotate keys, erase people
    #[command(
        after_help = "Examples:\n  ade privacy audit\n  ade privacy report --table crm.people --quasi postcode,born_on\n  ade privacy erase --subject email=ada@example.com --dry-run"
    )]
    Privacy(PrivacyArgs),
    /// Print the JSON Schema of a file kind, for editors
    #[command(
        after_help = "Examples:\n  ade schema                 the kinds of files\n  ade schema sources         the schema of sources/*.yml and models/**.yml\n  ade schema --dir schemas   all of them, as files"
    )]
    Schema(SchemaArgs),
    /// Write the generated pages of the handbook
    #[command(hide = true)]
    Reference(ReferenceArgs),
    /// Print a shell's completion script
    #[command(
        after_help = "Examples:\n  ade completions bash > /etc/bash_completion.d/ade\n  ade completions zsh > ~/.zfunc/_ade"
    )]
    Completions(CompletionsArgs),
}
