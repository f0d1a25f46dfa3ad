//! From a folder to an opened project.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ade_connect::Registry;
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::{Engine, EngineOptions};
use ade_lake::{Lake, LakeOptions};
use ade_meta::{Meta, ProcfsProbe};
use ade_project::{LoadOptions, Loaded, Project};
use serde_json::{Map, Value};

use super::keeper::Keeper;
use super::spill::SpillFolder;
use super::state_folder::{is_read_only, make_state_folder, state_folder};
use super::{ProjectSecrets, Views, Workspace};
use crate::disk_tree::DiskTree;
use crate::error::RunError;
use crate::event::{Event, Observer};
use crate::world::{Clocks, LakeIds, World};

/// Bytes that a data file of the lake should have at most.
const TARGET_FILE_BYTES: u64 = 256 << 20;

/// What was chosen on the command line.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// The environment; `None`: the project's default one.
    pub environment: Option<String>,
    /// Values of variables, over the project's own.
    pub vars: Map<String, Value>,
    /// Whether incremental models start from nothing.
    pub full_refresh: bool,
    /// Tasks side by side; `None`: the number of cores.
    pub threads: Option<usize>,
    /// Whether to go on without models and sources when their files have problems: for commands that look at the lake or at
    /// a source system, which is what one needs while something is broken.
    pub without_resources: bool,
    /// Whether to leave out warnings of what is declared and nothing carries out: for commands that build nothing.
    pub without_promises: bool,
}

/// The nearest folder, from `start` upwards, that holds a project.
pub fn find_project(start: &Path) -> Result<PathBuf, RunError> {
    let absolute = fs::canonicalize(start).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            RunError::usage(format!("there is no folder {}", start.display()), None)
        }
        _ => RunError::File { action: "open", path: start.to_owned(), source },
    })?;
    let is_project = |folder: &&Path| folder.join("ade.yml").is_file() || folder.join("dbt_project.yml").is_file();
    let found = absolute.ancestors().find(is_project).map(Path::to_owned);
    found.ok_or_else(|| RunError::NoProject { path: start.to_owned() })
}

/// Reads the project in `root`; touches nothing.
pub fn load_project(root: &Path, options: &OpenOptions, world: &World) -> Loaded {
    load_tree(&DiskTree::new(root), options, world)
}

fn load_tree(tree: &DiskTree, options: &OpenOptions, world: &World) -> Loaded {
    let load = LoadOptions {
        environment: options.environment.clone(),
        vars: options.vars.clone(),
        environment_variables: world.env_vars.clone(),
        started_at: world.clock.now(),
        invocation_id: world.ids.next().to_string(),
        full_refresh: options.full_refresh,
        threads: world.cores,
    };
    Project::load(tree, &load)
}

/// What `ade.yml` says, without models and sources.
pub(crate) fn load_root(root: &Path, world: &World) -> Loaded {
    load_tree(&DiskTree::root_files(root), &OpenOptions::default(), world)
}

/// What there is to say when the project in `root` has no environment of this name.
pub(crate) fn unknown_environment(root: &Path, environment: &str, world: &World) -> Vec<Diagnostic> {
    let options = OpenOptions { environment: Some(environment.to_owned()), ..OpenOptions::default() };
    let loaded = load_tree(&DiskTree::root_files(root), &options, world);
    loaded.diagnostics.into_iter().filter(|problem| problem.rule.id == rule::UNKNOWN_ENVIRONMENT.id).collect()
}

impl Workspace {
    /// Opens the project in `root`. Problems in its files are [`RunError::Project`], all of them; warnings are given
    /// back beside the workspace.
    pub async fn open(
        root: &Path,
        options: &OpenOptions,
        world: World,
        observer: Arc<dyn Observer>,
    ) -> Result<(Self, Vec<Diagnostic>), RunError> {
        let mut loaded = load_project(root, options, &world);
        if loaded.project.is_none() && options.without_resources {
            let problems = loaded.diagnostics.iter().filter(|problem| problem.is_error()).count();
            let alone = load_tree(&DiskTree::root_files(root), options, &world);
            if alone.project.is_some() {
                let message = format!(
                    "the project has {problems} problem(s), so its models and sources are not known here; `ade check` shows them"
                );
                observer.on(&Event::Notice { node: None, message });
                loaded = Loaded { diagnostics: Vec::new(), ..alone };
            }
        }
        if options.without_promises {
            loaded.diagnostics.retain(|problem| problem.is_error() || problem.rule.id != rule::UNSUPPORTED.id);
        }
        let Some(project) = loaded.project else { return Err(RunError::Project { diagnostics: loaded.diagnostics }) };
        let project = Arc::new(project);

        let (spill, is_read_only) = spill_folder(root, &world)?;
        let clocks = Arc::new(Clocks(Arc::clone(&world.clock)));
        let (clock, probe): (Arc<dyn ade_meta::Clock>, _) = (Arc::clone(&clocks) as _, Arc::new(ProcfsProbe));
        let database = state_folder(root).join("meta.db");
        let meta = if !is_read_only {
            Meta::open(&database, clock, probe).await?
        } else if database.exists() {
            Meta::open_read_only(&database, clock, probe).await?
        } else {
            // Nothing was ever recorded.
            Meta::open(&spill.path().join("meta.db"), clock, probe).await?
        };
        let threads = options.threads.unwrap_or(world.cores).max(1);
        let engine = Engine::new(&EngineOptions {
            memory_bytes: world.memory_bytes,
            threads,
            spill_dir: Some(spill.path().to_owned()),
            spill_bytes: u64::MAX,
        })?;

        let keeper = Arc::new(Keeper::new(meta.clone(), Arc::clone(&observer)));
        let secrets = ProjectSecrets { env_vars: &world.env_vars, root: root.to_owned() };
        let location = project
            .environment
            .lake
            .resolve_text(&secrets)
            .map_err(|source| RunError::Secret { setting: "lake".to_owned(), source })?;
        let location = if location.contains("://") { location } else { root.join(location).display().to_string() };
        // Nothing ever landed.
        let is_nowhere = is_read_only && !location.contains("://") && !Path::new(&location).exists();
        let location = if is_nowhere { spill.path().join("lake").display().to_string() } else { location };
        let ids = Arc::new(LakeIds(Arc::clone(&world.ids)));
        let lake_options = LakeOptions {
            memory_bytes: world.memory_bytes / 8,
            target_file_bytes: TARGET_FILE_BYTES,
            encode_threads: world.cores,
            ..LakeOptions::new(Arc::clone(&keeper) as _, clocks, ids, spill.path())
        };
        let lake = Lake::open(&location, lake_options).await?;
        lake.register(engine.runtime());
        let views = Arc::new(Views::read(&meta, &project.environment.name).await?);
        let workspace = Self {
            root: root.to_owned(),
            world,
            project,
            lake,
            meta,
            engine,
            connectors: Registry::builtin(),
            views,
            keeper,
            spill,
            is_read_only,
            observer,
        };
        workspace.keeper.write_as(workspace.world.ids.next(), "ade", Duration::ZERO);
        Ok((workspace, loaded.diagnostics))
    }
}

/// Where to put what does not fit into memory, and whether the project's own folder cannot be written to.
fn spill_folder(root: &Path, world: &World) -> Result<(SpillFolder, bool), RunError> {
    let failed =
        |path: &Path, source| RunError::File { action: "make a spill folder in", path: path.to_owned(), source };
    let name = world.ids.next().to_string();
    let made = make_state_folder(root)
        .and_then(|state| SpillFolder::make(root, &name).map_err(|source| failed(&state, source)));
    match made {
        Err(RunError::File { source, .. }) if is_read_only(&source) => {
            let folder = world.env_vars.get("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
            let spill =
                SpillFolder::make_in(&folder, &format!("ade-{name}")).map_err(|source| failed(&folder, source))?;
            Ok((spill, true))
        }
        made => Ok((made?, false)),
    }
}

/// Reads `--vars`: a YAML or JSON mapping.
pub fn parse_vars(text: &str) -> Result<Map<String, Value>, String> {
    let file = ade_diagnostic::SourceFile::new("--vars", text);
    let mut problems = ade_diagnostic::Diagnostics::new();
    let node = ade_project::yaml::read(&file, &mut problems);
    if let Some(problem) = problems.iter().next() {
        return Err(problem.message.clone());
    }
    match node.as_ref().and_then(ade_project::yaml::Node::as_mapping) {
        Some(mapping) => Ok(mapping.to_json()),
        None => Err("expected `name: value` pairs such as '{start: 2026-01-01, region: EU}'".to_owned()),
    }
}
