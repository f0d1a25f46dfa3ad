//! Everything that was read, joined to a project.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};
use indexmap::IndexMap;

use super::checks::{self, CheckSite, FoundCheck};
use super::context::{Configured, Context, stem};
use super::declarations::{self, Declarations};
use super::docs::Docs;
use super::files::Files;
use super::layout::Layout;
use super::names::Names;
use super::report::Demands;
use super::root_files::RootFiles;
use super::templates::Templates;
use super::{connections, events, exposures, fingerprints, graph, models, parallel, privacy, report, seeds, sources};
use crate::file::{ColumnDeclaration, ModelDeclaration, PropertiesFile, SeedDeclaration};
use crate::project::Inner;
use crate::resource::{Access, Environment, Model, Seed};
use crate::template::{Template, Uses};
use crate::yaml::{Node, Shape};
use crate::{LoadOptions, NodeId, Project};

/// What is known before the resources are.
pub(super) struct Parts<'a> {
    pub(super) name: String,
    pub(super) root: RootFiles,
    pub(super) layout: Layout,
    pub(super) environments: IndexMap<String, Environment>,
    pub(super) environment: Environment,
    pub(super) templates: Templates,
    pub(super) options: &'a LoadOptions,
}

/// Joins everything; with errors, what can be.
pub(super) fn assemble(parts: Parts<'_>, files: &Files, problems: &mut Diagnostics) -> Project {
    report::unsupported_files(files, problems);
    let Parts { name, root, layout, environments, environment, templates, options } = parts;
    let mut docs = Docs::default();
    for file in &files.docs {
        docs.read(file, problems);
    }
    let declarations = declarations(files, &templates, options.threads, problems);
    let connections = connections::resolve(root.ade.as_ref(), problems);
    let privacy = privacy::resolve(root.ade.as_ref(), problems);
    let context = Context {
        project: &name,
        environment: &environment,
        connections: &connections,
        privacy: &privacy,
        layout: &layout,
        templates: &templates,
        docs: &docs,
        groups: &declarations.groups,
        models: Configured::models(&root, problems),
        seeds: Configured::seeds(&root, problems),
        sources: Configured::sources(&root, problems),
        checks: Configured::checks(&root, problems),
    };
    let mut names = Names::new(&name);
    let (sources, mut sites) = sources::resolve(&declarations.sources, &context, &mut names, problems);
    let events = events::resolve(&declarations.sources, &sources, &context, problems);
    let seeds = resolve_seeds(files, &declarations, &context, &mut names, problems);
    let mut found = resolve_models(files, &declarations, &context, &mut names, options.threads, problems);
    report_orphans(files, &declarations, problems);
    report::duplicate_relations(
        &sources,
        &seeds,
        &found.models,
        |seed| SourceFile::new(&seed.path, "").top(),
        problems,
    );
    let reads = found.read_nodes(&names, problems);
    report_private(&found, &reads, problems);
    sites.extend(sites_of_seeds(&declarations, &seeds));
    sites.extend(sites_of_models(&declarations, &found.models));
    let checks =
        resolve_checks(files, &sites, &declarations, &context, &names, &mut found.templates, options, problems);
    let exposures = exposures::resolve(&declarations.exposures, &context, &names, problems);
    for configured in [&context.models, &context.seeds, &context.sources, &context.checks] {
        configured.report_unused(problems);
    }
    let graph_parts = graph::Parts {
        project: &name,
        sources: &sources,
        seeds: &seeds,
        models: &found.models,
        reads: &reads.nodes,
        places: &reads.places,
        checks: &checks,
        exposures: &exposures,
    };
    let graph = graph::build(&graph_parts, problems);
    let (on_run_start, on_run_end) = (
        root.hooks(|ade| &ade.on_run_start, |dbt| &dbt.on_run_start),
        root.hooks(|ade| &ade.on_run_end, |dbt| &dbt.on_run_end),
    );
    let docs = docs.texts();
    drop(context);
    let mut uses: BTreeMap<NodeId, Uses> = found.uses;
    let checks: IndexMap<NodeId, _> = checks
        .into_iter()
        .map(|(id, found)| {
            uses.insert(id.clone(), found.uses);
            (id, found.check)
        })
        .collect();
    let mut project = Project {
        name,
        environment,
        environments,
        connections,
        privacy,
        sources,
        events,
        seeds,
        models: found.models,
        checks,
        exposures,
        on_run_start,
        on_run_end,
        vars: templates.settings.vars.clone(),
        graph,
        fingerprints: BTreeMap::new(),
        inner: Arc::new(Inner {
            macros: templates.set,
            settings: templates.settings,
            templates: found.templates,
            uses,
            names,
            docs,
        }),
    };
    if !problems.has_errors() {
        project.fingerprints = fingerprints::resolve(&project);
    }
    project
}

/// All properties files.
fn declarations(files: &Files, templates: &Templates, threads: usize, problems: &mut Diagnostics) -> Declarations {
    let shape = Shape::of::<PropertiesFile>();
    let render = |text: &str, location: Location| templates.evaluate(text, &location);
    let read = parallel::map(threads, &files.properties, |file| declarations::read(file, &shape, &render));
    let mut all = Declarations::default();
    for (file, (says, found)) in files.properties.iter().zip(read) {
        problems.extend(found);
        all.add(file, says, problems);
    }
    all
}

fn resolve_seeds(
    files: &Files,
    declarations: &Declarations,
    context: &Context<'_>,
    names: &mut Names,
    problems: &mut Diagnostics,
) -> IndexMap<NodeId, Seed> {
    let mut all: IndexMap<NodeId, Seed> = IndexMap::new();
    for file in &files.seeds {
        let name = super::context::stem_of(&file.path);
        match seeds::resolve(file, declarations.seeds.get(name), context, problems) {
            Err(place) => names.add_disabled_ref(name, place),
            Ok(seed) => {
                if let Some(first) = all.get(&seed.id) {
                    let message = format!("the seed `{name}` is in two files");
                    let problem = Diagnostic::error(&rule::DUPLICATE_RESOURCE, message);
                    let problem = problem.at(SourceFile::new(&seed.path, "").top());
                    problems.push(problem.related(SourceFile::new(&first.path, "").top(), "the other file"));
                    continue;
                }
                names.add_ref(name, seed.id.clone(), seed.relation.clone());
                all.insert(seed.id.clone(), seed);
            }
        }
    }
    all
}

/// The models of a project and what their templates ask for.
#[derive(Default)]
struct FoundModels {
    models: IndexMap<NodeId, Model>,
    templates: HashMap<NodeId, Template>,
    uses: BTreeMap<NodeId, Uses>,
}

/// What models read.
struct Reads {
    nodes: BTreeMap<NodeId, BTreeSet<NodeId>>,
    places: HashMap<(NodeId, NodeId), Location>,
}

fn resolve_models(
    files: &Files,
    declarations: &Declarations,
    context: &Context<'_>,
    names: &mut Names,
    threads: usize,
    problems: &mut Diagnostics,
) -> FoundModels {
    let read =
        parallel::map(threads, &files.models, |file| models::read(file, declarations.models.get(stem(file)), context));
    let mut first: HashMap<String, Location> = files
        .seeds
        .iter()
        .map(|seed| (super::context::stem_of(&seed.path).to_owned(), SourceFile::new(&seed.path, "").top()))
        .collect();
    let mut all = FoundModels::default();
    for read in read {
        problems.extend(read.problems);
        if let Some(place) = read.disabled {
            names.add_disabled_ref(&read.name, place);
            continue;
        }
        if let Some(other) = first.insert(read.name.clone(), read.file.top()) {
            let message = format!("`{}` is the name of two files, so `ref('{0}')` would be ambiguous", read.name);
            let problem = Diagnostic::error(&rule::DUPLICATE_RESOURCE, message).at(read.file.top());
            problems.push(problem.related(other, "the other file").hint("rename one of them"));
            continue;
        }
        let Some(found) = read.model else {
            // It exists, whatever is wrong with it: references to it are not.
            let relation = context.environment.relation(&context.environment.schema, &read.name);
            names.add_ref(&read.name, NodeId::new(crate::NodeKind::Model, &[context.project, &read.name]), relation);
            continue;
        };
        let id = found.model.id.clone();
        names.add_ref(&read.name, id.clone(), found.model.relation.clone());
        all.templates.insert(id.clone(), found.template);
        all.uses.insert(id.clone(), found.uses);
        all.models.insert(id, found.model);
    }
    all
}

impl FoundModels {
    fn read_nodes(&self, names: &Names, problems: &mut Diagnostics) -> Reads {
        let mut reads = Reads { nodes: BTreeMap::new(), places: HashMap::new() };
        for (id, uses) in &self.uses {
            let nodes = checks::resolve_uses(uses, names, problems);
            for used in &uses.refs {
                if let Ok((to, _)) = names.reference(&used.reference) {
                    reads.places.insert((id.clone(), to.clone()), used.location.clone());
                }
            }
            reads.nodes.insert(id.clone(), nodes.into_iter().collect());
        }
        reads
    }
}

/// A private model is for its group alone.
fn report_private(found: &FoundModels, reads: &Reads, problems: &mut Diagnostics) {
    for model in found.models.values() {
        for read in reads.nodes.get(&model.id).into_iter().flatten() {
            let Some(other) = found.models.get(read).filter(|other| other.access == Access::Private) else { continue };
            if other.group != model.group {
                let group = other.group.as_deref().unwrap_or("none");
                let message =
                    format!("`{}` is private to the group `{group}`, and `{}` is not in it", other.name, model.name);
                let mut problem = Diagnostic::error(&rule::PRIVATE_REF, message);
                if let Some(place) = reads.places.get(&(model.id.clone(), read.clone())) {
                    problem = problem.at(place.clone());
                }
                problems.push(problem.hint("give both the same `group`, or the other one `access: protected`"));
            }
        }
    }
}

fn report_orphans(files: &Files, declarations: &Declarations, problems: &mut Diagnostics) {
    let models: BTreeSet<&str> = files.models.iter().chain(&files.python_models).map(stem).collect();
    let seeds: BTreeSet<&str> = files.seeds.iter().map(|seed| super::context::stem_of(&seed.path)).collect();
    let of_model = |says: &ModelDeclaration| Demands {
        checks: count_checks([&says.data_tests.0, &says.tests.0], &says.columns.0),
        constraints: says.constraints.len() + says.columns.iter().map(|column| column.constraints.len()).sum::<usize>(),
        contract: enforces_contract(says.config.as_ref()),
    };
    let of_seed = |says: &SeedDeclaration| Demands {
        checks: count_checks([&says.data_tests.0, &says.tests.0], &says.columns.0),
        ..Demands::default()
    };
    report::orphans("model", &declarations.models, |says| &says.name, of_model, &models, problems);
    report::orphans("seed", &declarations.seeds, |says| &says.name, of_seed, &seeds, problems);
}

/// Whether a `config:` says `contract: {enforced: true}`.
fn enforces_contract(config: Option<&Node>) -> bool {
    let contract = config.and_then(Node::as_mapping).and_then(|config| config.get("contract"));
    let enforced = contract.and_then(Node::as_mapping).and_then(|contract| contract.get("enforced"));
    enforced.and_then(Node::as_bool) == Some(true)
}

/// Checks of a table and of its columns.
fn count_checks(of_table: [&Vec<Node>; 2], columns: &[ColumnDeclaration]) -> usize {
    let of_columns = columns.iter().map(|column| column.data_tests.0.len() + column.tests.0.len());
    of_table.map(Vec::len).into_iter().sum::<usize>() + of_columns.sum::<usize>()
}

fn sites_of_seeds<'d>(declarations: &'d Declarations, seeds: &IndexMap<NodeId, Seed>) -> Vec<CheckSite<'d>> {
    let sites = seeds.values().filter_map(|seed| {
        let declared = declarations.seeds.get(&seed.name)?;
        Some(CheckSite {
            file: &declared.file,
            node: seed.id.clone(),
            relation: seed.relation.clone(),
            prefix: "",
            title: seed.name.clone(),
            tests: [&declared.says.data_tests.0, &declared.says.tests.0],
            columns: &declared.says.columns,
        })
    });
    sites.collect()
}

fn sites_of_models<'d>(declarations: &'d Declarations, models: &IndexMap<NodeId, Model>) -> Vec<CheckSite<'d>> {
    let sites = models.values().filter_map(|model| {
        let declared = declarations.models.get(&model.name)?;
        Some(CheckSite {
            file: &declared.file,
            node: model.id.clone(),
            relation: model.relation.clone(),
            prefix: "",
            title: model.name.clone(),
            tests: [&declared.says.data_tests.0, &declared.says.tests.0],
            columns: &declared.says.columns,
        })
    });
    sites.collect()
}

#[expect(clippy::too_many_arguments, reason = "the last step needs what all the others made")]
fn resolve_checks(
    files: &Files,
    sites: &[CheckSite<'_>],
    declarations: &Declarations,
    context: &Context<'_>,
    names: &Names,
    templates: &mut HashMap<NodeId, Template>,
    options: &LoadOptions,
    problems: &mut Diagnostics,
) -> IndexMap<NodeId, FoundCheck> {
    let generic = parallel::map(options.threads, sites, |site| {
        let mut problems = Diagnostics::new();
        (checks::at_site(site, context, names, &mut problems), problems)
    });
    let mut all = Vec::new();
    for (found, found_problems) in generic {
        all.extend(found);
        problems.extend(found_problems);
    }
    for file in &files.singular_tests {
        let declared = declarations.singular_tests.get(stem(file));
        if let Some((found, template)) = checks::singular(file, declared, context, names, problems) {
            templates.insert(found.check.id.clone(), template);
            all.push(found);
        }
    }
    let singular: BTreeSet<&str> = files.singular_tests.iter().map(stem).collect();
    report::orphans(
        "data test",
        &declarations.singular_tests,
        |says| &says.name,
        |_| Demands::default(),
        &singular,
        problems,
    );
    checks::collect(all, problems)
}
