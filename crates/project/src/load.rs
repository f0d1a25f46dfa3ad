//! From a tree of files to a resolved project: the order in which everything is read and joined.
//!
//! First the two root files, which say where the rest is. Then all files at once, on several threads. Then, each step
//! over everything, so that every problem is found: macros, properties, sources and seeds, models with what their
//! templates ask for, names to nodes, checks, exposures, the graph.

mod assemble;
mod checks;
mod columns;
mod config;
mod connections;
mod context;
mod declarations;
mod docs;
mod drift;
mod environments;
mod events;
mod exposures;
mod files;
mod fingerprints;
mod folder_config;
mod graph;
mod incremental;
mod ingest;
mod layout;
mod max_rejects;
mod models;
mod names;
mod packages;
mod parallel;
mod privacy;
mod reference_text;
mod report;
mod resolved_config;
mod root_files;
mod row_rules;
mod seeds;
mod setting;
mod sources;
mod templates;
mod unheld;
mod yaml_templates;

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, rule};

use self::files::Files;
use self::root_files::{Root, RootFiles};
use self::templates::Templates;
use crate::file::{AdeFile, DbtProjectFile};
use crate::yaml::Node;
use crate::{FileTree, LoadOptions, Loaded, Project};

pub(crate) use checks::{check_context, macro_arguments, macro_name};
pub(crate) use names::Names;
pub use privacy::BUILT_IN_CLASSES;
pub(crate) use reference_text::{ReferenceText, parse as parse_reference};

const ADE_FILE: &str = "ade.yml";
const DBT_FILE: &str = "dbt_project.yml";

impl Project {
    /// Reads a project and resolves it for one environment. All problems are in the answer; the project is too, unless
    /// one of them is an error.
    pub fn load(tree: &dyn FileTree, options: &LoadOptions) -> Loaded {
        let mut problems = Diagnostics::new();
        let mut files = Files::default();
        let read = load(tree, options, &mut files, &mut problems);
        let (project, draft) = if problems.has_errors() { (None, read) } else { (read, None) };
        let diagnostics = without_echoes(problems.into_sorted());
        Loaded { project, draft, diagnostics, files: files.into_texts() }
    }
}

/// What a file says that is no YAML is not known, so nothing can be said about what is missing because of it.
fn without_echoes(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let is_syntax = |problem: &Diagnostic| problem.rule == &rule::YAML_SYNTAX && problem.is_error();
    let broken = |name: &str| problems.iter().any(|problem| is_syntax(problem) && problem.is_in(name));
    if broken(ADE_FILE) || broken(DBT_FILE) {
        problems.retain(is_syntax);
    } else if problems.iter().any(is_syntax) {
        problems.retain(|problem| problem.rule != &rule::UNKNOWN_SOURCE);
    }
    problems
}

fn load(tree: &dyn FileTree, options: &LoadOptions, files: &mut Files, problems: &mut Diagnostics) -> Option<Project> {
    let mut paths = match tree.list() {
        Ok(paths) => paths,
        Err(error) => {
            problems.push(Diagnostic::error(
                &rule::UNREADABLE_FILE,
                format!("the project's folder cannot be listed: {error}"),
            ));
            return None;
        }
    };
    paths.sort_unstable();
    let root = read_root(tree, &paths, options, files, problems)?;
    let name = root.name(problems);
    let (environments, chosen) = environments::resolve(root.ade.as_ref(), options.environment.as_deref(), problems);
    let environment = environments.get(&chosen)?.clone();
    packages::report(tree, &paths, files, problems);
    let layout = root.layout();
    files.read_all(tree, &paths, &layout, options.threads, problems);
    let vars = merged_vars(&root, &name, options);
    let mut templates = Templates::new(&name, &environment, vars, options);
    for file in &files.macros {
        templates.add(file, problems);
    }
    problems.extend(templates.set.check_macros());
    let parts = assemble::Parts { name, root, layout, environments, environment, templates, options };
    Some(assemble::assemble(parts, files, problems))
}

fn read_root(
    tree: &dyn FileTree,
    paths: &[String],
    options: &LoadOptions,
    files: &mut Files,
    problems: &mut Diagnostics,
) -> Option<RootFiles> {
    let has = |name: &str| paths.iter().any(|path| path == name);
    if !has(ADE_FILE) && !has(DBT_FILE) {
        let problem =
            Diagnostic::error(&rule::NO_PROJECT, "there is no project here: neither `ade.yml` nor `dbt_project.yml`");
        problems.push(problem.hint("go to the project's folder, pass `--project-dir`, or start one with `ade init`"));
        return None;
    }
    let ade = has(ADE_FILE).then(|| files.read_text(tree, ADE_FILE, problems)).flatten().map(|file| {
        let node = root_files::read_tree(&file, problems);
        Root { says: root_files::decode::<AdeFile>(&file, node, problems), file }
    });
    let dbt = has(DBT_FILE).then(|| files.read_text(tree, DBT_FILE, problems)).flatten().map(|file| {
        let node = root_files::read_tree(&file, problems);
        let node = render_dbt_file(&file, node, ade.as_ref(), options, problems);
        Root { says: root_files::decode::<DbtProjectFile>(&file, node, problems), file }
    });
    (ade.is_some() || dbt.is_some()).then_some(RootFiles { ade, dbt })
}

/// `dbt_project.yml` may use `var()` of the command line, `env_var()` and `target`, and no macros.
fn render_dbt_file(
    file: &std::sync::Arc<SourceFile>,
    mut node: Node,
    ade: Option<&Root<AdeFile>>,
    options: &LoadOptions,
    problems: &mut Diagnostics,
) -> Node {
    let (environments, chosen) = environments::resolve(ade, options.environment.as_deref(), &mut Diagnostics::new());
    let Some(environment) = environments.get(&chosen) else { return node };
    let name = root_files::raw_name(&node).unwrap_or_default().to_owned();
    let templates = Templates::new(&name, environment, options.vars.clone(), options);
    let render = |text: &str, location: ade_diagnostic::Location| templates.evaluate(text, &location);
    yaml_templates::render_tree(&mut node, file, &render, problems);
    node
}

/// The project's variables; the command line's win.
fn merged_vars(root: &RootFiles, name: &str, options: &LoadOptions) -> serde_json::Map<String, serde_json::Value> {
    let mut vars = root.vars(name);
    vars.extend(options.vars.clone());
    vars
}
